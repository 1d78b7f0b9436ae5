"""Which rows stand on a page: windows, orders, offsets and keyset positions over any table."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from ecommerce_pipeline.demo.contract import Row

Position = tuple[datetime, int]


@dataclass(frozen=True)
class Selection:
    """What a request asks for.

    Attributes:
        since: inclusive lower end of `updated_at`; None for open.
        before: exclusive upper end; None for open.
        sort: `updated_at` or `id`, with a leading minus for descending.
        offset: how many rows to leave out; not used with `after`.
        after: begin behind this position, whether its row still stands there or not.
        limit: how many rows at most.
    """

    since: datetime | None = None
    before: datetime | None = None
    sort: str = "updated_at"
    offset: int = 0
    after: Position | None = None
    limit: int = 100


class Slice(NamedTuple):
    """Rows of one page.

    Attributes:
        rows: as they are served, instants and money not yet as texts.
        total: how many rows the window has.
        more: whether rows follow.
        last: position of the last row, None for an empty page.
    """

    rows: list[Row]
    total: int
    more: bool
    last: Position | None


class Indexed(Protocol):
    """A table that knows its rows by id and by (updated_at, id)."""

    @property
    def ids(self) -> Sequence[int]:
        """All ids, ascending."""

    def __len__(self) -> int: ...

    def place(self, moment: datetime, identity: int) -> int:
        """How many rows stand before this point of the (updated_at, id) order."""

    def positions(self, low: int, high: int) -> Sequence[Position]:
        """The (updated_at, id) of the rows from one place to another."""

    def position(self, identity: int) -> Position:
        """The (updated_at, id) of one row."""


def take(table: Indexed, selection: Selection) -> tuple[Sequence[int], Slice]:
    """The ids of a page and the slice that they will fill."""
    low = table.place(selection.since, 0) if selection.since else 0
    high = table.place(selection.before, 0) if selection.before else len(table)
    high = max(low, high)
    ids = _by_id if selection.sort.endswith("id") else _by_time
    picked, start = ids(table, selection, low, high)
    last = table.position(picked[-1]) if picked else None
    return picked, Slice([], high - low, start + len(picked) < high - low, last)


def _by_time(table: Indexed, selection: Selection, low: int, high: int) -> tuple[Sequence[int], int]:
    start = selection.offset
    if selection.sort.startswith("-"):
        if selection.after:
            start = max(0, high - table.place(*selection.after))
        found = table.positions(max(low, high - start - selection.limit), max(low, high - start))[::-1]
    else:
        if selection.after:
            start = max(0, table.place(selection.after[0], selection.after[1] + 1) - low)
        found = table.positions(min(high, low + start), min(high, low + start + selection.limit))
    return [identity for _, identity in found], start


def _by_id(table: Indexed, selection: Selection, low: int, high: int) -> tuple[Sequence[int], int]:
    whole = (low, high) == (0, len(table))
    ids = table.ids if whole else sorted(identity for _, identity in table.positions(low, high))
    start = selection.offset
    if selection.sort.startswith("-"):
        if selection.after:
            start = len(ids) - bisect_left(ids, selection.after[1])
        end = max(0, len(ids) - start)
        return ids[max(0, end - selection.limit) : end][::-1], start
    if selection.after:
        start = bisect_left(ids, selection.after[1] + 1)
    return ids[start : start + selection.limit], start
