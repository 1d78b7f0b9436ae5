"""Tables and texts on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console

WIDTH = 110
"""Columns where standard output is no terminal."""


def print_texts(texts: Iterable[str]) -> None:
    """Print texts as they are, for other programs to read."""
    sys.stdout.writelines(f"{text}\n" for text in texts)


def open_console() -> Console:
    """Where tables are printed."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
