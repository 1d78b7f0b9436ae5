"""The project's own files, as the house tests read them."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "ecommerce_pipeline"
BENCHMARKS = ROOT / "benchmarks"
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)", re.MULTILINE)


def modules() -> list[Path]:
    """Every module of the package and of the benchmark, and the command's script."""
    return [*sorted(PACKAGE.rglob("*.py")), *sorted(BENCHMARKS.rglob("*.py")), ROOT / "pipelines.py"]


def name(path: Path) -> str:
    """A file as people name it: relative to the project."""
    return path.relative_to(ROOT).as_posix()


def make_targets() -> set[str]:
    """Every goal that the Makefile offers."""
    return set(TARGET.findall((ROOT / "Makefile").read_text("utf-8")))


@cache
def help_of(*command: str) -> str:
    """What `python pipelines.py <command> --help` prints; empty where it refuses the command."""
    done = subprocess.run(
        [sys.executable, "pipelines.py", *command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout if done.returncode == 0 else ""


def code_in(text: str) -> list[str]:
    """The pieces of a Markdown text that are set as code: each line of a block, each inline piece."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()] + re.findall(
        r"`([^`\n]+)`", rest
    )
