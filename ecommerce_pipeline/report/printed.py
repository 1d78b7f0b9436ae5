"""Tables on standard output."""

from __future__ import annotations

import sys

from rich.console import Console

WIDTH = 110
"""Columns where standard output is no terminal."""


def open_console() -> Console:
    """Where tables are printed."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
