"""How much one load package may hold: a long reading is committed in steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Step:
    """One step of a run, from the first request to the load of what came.

    Attributes:
        rows: so many fetched rows fill it.
        bytes: bodies of this size fill it, so that wide rows make no package that is too large for the memory there is.
        seconds: so much time fills it.
        monotonic: seconds of a clock that never goes back.
    """

    rows: int
    bytes: int
    seconds: float
    monotonic: Callable[[], float]
    _fetched: int = 0
    _bytes: int = 0
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.monotonic()

    def count(self, rows: int, size: int = 0) -> None:
        """Take note of the rows of a page, new ones or not: known ones cost time as well.

        Args:
            rows: how many.
            size: how many bytes their body had.
        """
        self._fetched += rows
        self._bytes += size

    @property
    def full(self) -> bool:
        """Whether it is time to load; every list still ends its present page."""
        if self._fetched >= self.rows or self._bytes >= self.bytes:
            return True
        return self.monotonic() - self._began >= self.seconds
