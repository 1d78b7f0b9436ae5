"""How much one load package may hold: a long reading is committed in steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Step:
    """One step of a run, from the first request to the load of what came.

    Attributes:
        rows: so many fetched rows fill it.
        seconds: so much time fills it.
        monotonic: seconds of a clock that never goes back.
    """

    rows: int
    seconds: float
    monotonic: Callable[[], float]
    _fetched: int = 0
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.monotonic()

    def count(self, rows: int) -> None:
        """Take note of the rows of a page, new ones or not: known ones cost time as well."""
        self._fetched += rows

    @property
    def full(self) -> bool:
        """Whether it is time to load; every list still ends its present page."""
        return self._fetched >= self.rows or self.monotonic() - self._began >= self.seconds
