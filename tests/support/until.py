"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 600
PAUSE_SECONDS = 0.05


def until(found: Callable[[], T]) -> T:
    """Ask again and again until the answer is not empty; gives it.

    Raises:
        TimeoutError: it stayed empty for minutes.
    """
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        if answer := found():
            return answer
        time.sleep(PAUSE_SECONDS)
    raise TimeoutError("what was waited for has not come")
