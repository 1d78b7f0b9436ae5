"""`python pipelines.py`: parses, wires, prints; no logic.

What a run needs is imported when it is needed: `--help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from ecommerce_pipeline.command import actions
from ecommerce_pipeline.command.parser import build_parser
from ecommerce_pipeline.errors import PipelineError

READER_LEFT = 141
"""The exit code of a command whose output somebody has stopped to read, as `| head` does."""

M_ARENA_MAX, HEAPS = -8, 2


def main(arguments: Sequence[str], project: Path) -> int:
    """Run the command; returns its exit code.

    Args:
        arguments: as they were typed.
        project: the folder of settings, state and loaded data. It is the current folder from then on, so that
            the same command does the same wherever it is typed.
    """
    _open_streams()
    options = build_parser().parse_args(arguments)
    try:
        os.chdir(project)
        action: Callable[[argparse.Namespace], int] = getattr(actions, options.command or "load")
        # A run makes millions of objects that are in no circle; looking for circles among them costs a tenth of it.
        gc.set_threshold(200_000, 50, 100)
        _share_heaps()
        code = action(options)
        sys.stdout.flush()
        return code
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        _print_nothing_more()
        return READER_LEFT
    except Exception as error:  # a library's own words, or a defect of ours
        return _unexpected(error)
    except KeyboardInterrupt:
        print("stopped; the next run goes on where this one was", file=sys.stderr)
        return 130


def _share_heaps() -> None:
    """glibc gives each thread a heap, and what pages leave free in many of them nobody else can use: after millions of
    rows a hundred megabytes. Other systems have no such function (https://man7.org/linux/man-pages/man3/mallopt.3.html).
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)


def _print_nothing_more() -> None:
    """What waits to be printed must not fail again as the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_streams() -> None:
    """A scheduler may start us without a place to print to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  # stays open like the real one


def _unexpected(error: Exception) -> int:
    """One sentence instead of a traceback, which may show values. Where it happened is kept in a file."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    wrong_setting = "ConfigurationException" in kinds
    lines = str(error).strip().splitlines() or [""]
    place = Path(os.environ.get("WORKSPACE__SETTINGS__WORKING_DIR") or ".dlt/.var") / "last_error.txt"
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}", "utf-8"
        )
    cure = "Correct the setting" if wrong_setting else f"If it comes again, report it with {place}"
    print(f"error: {type(error).__name__}: {lines[0]} Nothing is lost. {cure}.", file=sys.stderr)
    return 2 if wrong_setting else 1
