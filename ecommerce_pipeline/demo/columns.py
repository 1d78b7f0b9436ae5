"""A lean table that cannot be written to: columns of integers, rows made when they are asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from ecommerce_pipeline.demo.contract import Row
from ecommerce_pipeline.demo.listing import Position

Integers: TypeAlias = "array[int]"


def moment(second: int) -> datetime:
    """The UTC instant of a Unix second."""
    return datetime.fromtimestamp(second, UTC)


class Columns:
    """Rows by their number, 0 to n - 1.

    Args:
        ids: ascending, without repeats.
        seconds: `updated_at` of each row as Unix seconds.
        make: number of a row -> the row.
    """

    def __init__(self, ids: Integers, seconds: Integers, make: Callable[[int], Row]) -> None:
        self._ids = ids
        self._make = make
        # Sorting is stable and numbers ascend with ids, so equal seconds stay in the order of ids.
        self._numbers = array("q", sorted(range(len(ids)), key=seconds.__getitem__))
        self._sorted_seconds = array("q", map(seconds.__getitem__, self._numbers))
        self._seconds = seconds

    @property
    def ids(self) -> Sequence[int]:
        """All ids, ascending."""
        return self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def place(self, moment: datetime, identity: int) -> int:
        """How many rows stand before this point of the (updated_at, id) order."""
        second = int(moment.timestamp() // 1)
        end = bisect_right(self._sorted_seconds, second)
        if moment.microsecond:
            return end
        start = bisect_left(self._sorted_seconds, second)
        return bisect_left(self._numbers, identity, start, end, key=self._ids.__getitem__)

    def positions(self, low: int, high: int) -> list[Position]:
        """The (updated_at, id) of the rows from one place to another."""
        seconds, numbers = self._sorted_seconds[low:high], self._numbers[low:high]
        return list(zip(map(moment, seconds), map(self._ids.__getitem__, numbers), strict=True))

    def position(self, identity: int) -> Position:
        """The (updated_at, id) of one row."""
        return moment(self._seconds[self._number(identity)]), identity

    def row(self, identity: int) -> Row | None:
        """One row, None where there is none."""
        number = self._number(identity)
        return self._make(number) if number < len(self) and self._ids[number] == identity else None

    def rows(self, ids: Sequence[int]) -> list[Row]:
        """The rows of ids that there are."""
        return [self._make(self._number(identity)) for identity in ids]

    def _number(self, identity: int) -> int:
        return bisect_left(self._ids, identity)
