"""Where to cut a list that is to be read side by side: into slices of about as many rows, by few questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

COARSE = 4
"""A stretch of so many slices is cut at even distances of time; a longer one is asked about. The last one may hold all
its rows at its beginning, and a long slice at the end has none after it to be read beside: it is asked about sooner.
"""

ZOOMS = 4
"""So often the last stretch is asked about for that: rows of one instant cannot be cut."""

MOST_QUESTIONS = 10_000
"""After so many the rest is one slice: the totals of a shop may be anything."""


class Point(NamedTuple):
    """How many rows stand at or after an instant."""

    at: datetime
    rows: int


def balanced_cuts(
    begin: Point,
    end: datetime,
    most: int,
    at_once: int,
    count: Callable[[Sequence[datetime]], list[int]],
    cut: Callable[[datetime], datetime],
) -> Iterator[datetime]:
    """Instants after the beginning, ascending, the end the last of them.

    Totals since an instant are a cumulative distribution: between two known points it is taken for a straight line,
    and where that leaves too much, more points are asked for, side by side. No cut loses a row, wherever it comes to
    lie: it only decides who reads it.

    Args:
        begin: where the first slice begins.
        end: where the last slice ends.
        most: how many rows a slice should have.
        at_once: how many questions are asked side by side.
        count: how many rows stand at or after each of some instants.
        cut: an instant at or below a moment that the shop's parameters can say.
    """
    left, asked, gathered, zooms = begin, 0, 0, ZOOMS
    first = _between(begin.at, end, min(at_once, -(-begin.rows // most)), cut)
    right = _points([*first, end], count)[::-1]
    while right:
        point = right[-1]
        rows = max(left.rows - point.rows, 0)
        wanted = min(at_once, rows // (most if not point.rows and zooms else COARSE * most))
        if wanted and asked < MOST_QUESTIONS and (inner := _between(left.at, point.at, wanted + 1, cut)):
            asked, zooms = asked + len(inner), zooms - (not point.rows)
            right += _points(inner, count)[::-1]
            continue
        for at in _between(left.at, point.at, min(rows // most, COARSE), cut):
            yield at
            gathered = 0
        left, gathered = right.pop(), gathered + rows
        if not right or gathered >= most // 2:
            yield left.at
            gathered = 0


def _points(instants: Sequence[datetime], count: Callable[[Sequence[datetime]], list[int]]) -> list[Point]:
    return [Point(at, rows) for at, rows in zip(instants, count(instants), strict=True)]


def _between(
    begin: datetime, end: datetime, parts: int, cut: Callable[[datetime], datetime]
) -> list[datetime]:
    """The ends of that many even parts but the last, as far as parameters can tell them apart."""
    found = [cut(begin + (end - begin) * number / parts) for number in range(1, parts)]
    ascending = [begin, *(at for at in found if begin < at < end)]
    return [later for earlier, later in pairwise(ascending) if earlier < later]
