"""`python pipelines.py`: parses, wires, prints; no logic.

What a run needs is imported when it is needed: `--help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecommerce_pipeline.errors import PipelineError, SettingError

if TYPE_CHECKING:
    from ecommerce_pipeline.load.request import Request
    from ecommerce_pipeline.settings import Settings

EXAMPLES = """\
examples:
  python pipelines.py                                  what changed since the last run
  python pipelines.py --resources orders,customers     only these lists
  python pipelines.py --since 2026-11-01 --until 2026-11-08
                                                       read one week again; the cursor stays where it is
  python pipelines.py --full-refresh                   drop what is loaded and read everything
  python pipelines.py demo --port 8765                 serve the demo shop alone

Settings stand in .dlt/config.toml, secrets in .dlt/secrets.toml; docs/settings.md explains each.
Exit code: 0 every record is accounted for, 1 the run failed, 2 a setting is wrong."""

YEARS = range(1970, 2200)


def main(arguments: Sequence[str], project: Path) -> int:
    """Run the command; returns its exit code.

    Args:
        arguments: as they were typed.
        project: the folder of settings, state and loaded data. It is the current folder from then on, so that
            the same command does the same wherever it is typed.
    """
    _open_streams()
    options = _parser().parse_args(arguments)
    try:
        os.chdir(project)
        if options.command == "demo":
            from ecommerce_pipeline.demo.command import serve

            return serve(options)
        return _run(options)
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except Exception as error:  # a library's own words, or a defect of ours
        return _unexpected(error)
    except KeyboardInterrupt:
        print("stopped; the next run goes on where this one was", file=sys.stderr)
        return 130


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
    place = Path(".dlt/.var/last_error.txt")
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}", "utf-8"
        )
    cure = "Correct the setting" if wrong_setting else f"If it comes again, report it with {place}"
    print(f"error: {type(error).__name__}: {lines[0]} Nothing is lost. {cure}.", file=sys.stderr)
    return 2 if wrong_setting else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python pipelines.py",
        description="Load a shop's REST API into a warehouse, losing nothing. Without configuration it starts"
        " the demo shop and loads it into DuckDB (raw.duckdb).",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # --f would drop what is loaded
    )
    parser.add_argument(
        "--since",
        metavar="WHEN",
        help="read again what changed at or after WHEN (a date or an instant, UTC unless it has an offset);"
        " the cursor stays",
    )
    parser.add_argument("--until", metavar="WHEN", help="the same, up to but not including WHEN")
    parser.add_argument(
        "--resources", metavar="A,B", action="append", help="only these lists, separated by commas"
    )
    parser.add_argument(
        "--full-refresh", action="store_true", help="drop the loaded tables and read everything"
    )
    _add_demo(parser.add_subparsers(dest="command", title="commands", metavar="COMMAND"))
    return parser


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from ecommerce_pipeline.demo.command import add_arguments

    add_arguments(commands.add_parser("demo", help="serve the demo shop alone"))


def _run(options: argparse.Namespace) -> int:
    request = _request(options)
    _log_to_stderr()
    from ecommerce_pipeline.load.run import check, run
    from ecommerce_pipeline.report import print_outcome, progress
    from ecommerce_pipeline.settings import load_settings

    _require_project()
    checked = _with_demo_key(load_settings())
    check(request, checked)
    with _shop(checked) as settings, progress() as watch:
        outcome = run(request, settings, watch=watch)
    print_outcome(outcome)
    return 0 if outcome.complete else 1


def _require_project() -> None:
    """Without settings a run would begin anew, in silence."""
    for needed in (Path(".dlt/config.toml"), Path(".dlt/.workspace")):
        if not needed.is_file():
            raise SettingError(
                f"There is no {needed} in {Path.cwd()}, beside pipelines.py, so no settings or no folder of its own for"
                " what is loaded. Take it from the project's repository and run again."
            )


def _request(options: argparse.Namespace) -> Request:
    from ecommerce_pipeline.load.request import Request
    from ecommerce_pipeline.shop.window import Window

    since, until = _instant("--since", options.since), _instant("--until", options.until)
    if since and until and since >= until:
        raise SettingError(
            f"--since {options.since} is not before --until {options.until}. Swap or correct them."
        )
    bounded = since is not None or until is not None
    if bounded and options.full_refresh:
        raise SettingError("--full-refresh reads everything; leave out --since and --until.")
    listed = ",".join(options.resources or ())
    names = tuple(dict.fromkeys(name.strip() for name in listed.split(",") if name.strip()))
    if options.resources is not None and not names:
        raise SettingError(
            "--resources is empty, expected names separated by commas, for example orders,customers."
        )
    return Request(names, Window(since, until) if bounded else None, options.full_refresh)


def _instant(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if moment.year not in YEARS:
            raise ValueError
    except ValueError:
        raise SettingError(
            f"{option} is {text!r}, expected a date or an instant of the years {YEARS[0]} to {YEARS[-1]}, for example"
            " 2026-11-01 or 2026-11-01T06:00:00Z."
        ) from None
    return moment.astimezone(UTC)


def _is_demo(settings: Settings) -> bool:
    """Whether no shop is named: the demo shop is opened for the run."""
    return settings.shop == "demo" and not settings.shop_base_url


def _with_demo_key(settings: Settings) -> Settings:
    """The settings, with the demo shop's own key where it is read and no other key is set."""
    if not _is_demo(settings) or settings.shop_token:
        return settings
    from ecommerce_pipeline.demo import ShopOptions

    return dataclasses.replace(settings, shop_token=ShopOptions.token)


@contextlib.contextmanager
def _shop(settings: Settings) -> Iterator[Settings]:
    """The settings of the shop to read; without an address the demo shop is opened for the run."""
    if not _is_demo(settings):
        yield settings
        return
    from ecommerce_pipeline.demo import open_demo_shop

    shop = open_demo_shop(Path(settings.demo_folder), datetime.now(UTC))
    with shop.serve() as address:
        yield dataclasses.replace(settings, shop_base_url=f"{address}/api")


def _log_to_stderr() -> None:
    """Plain lines with UTC times; on a terminal the progress takes their place, warnings stay."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    ours = logging.getLogger("ecommerce_pipeline")
    ours.handlers = [handler]
    ours.setLevel(logging.WARNING if sys.stderr.isatty() else logging.INFO)
