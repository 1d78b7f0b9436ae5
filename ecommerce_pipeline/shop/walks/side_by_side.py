"""Long lists read at several places at once, their pages handed on as if one had read from the beginning to the end."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice

from ecommerce_pipeline.shop.crew import Crew
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.in_order import in_order
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.walks.by_cursor import End, cursor_walk
from ecommerce_pipeline.shop.walks.cuts import Point, balanced_cuts
from ecommerce_pipeline.shop.walks.slices import EARLIEST
from ecommerce_pipeline.shop.window import Window

FIRST_PAGES = 3
"""So many are read first, one after the other: the second shows whether the shop's filter leads on from the first, the
third that it was seen.
"""

WORTH_IT = 10
"""A list with no more pages than this is read to its end as it is."""

SLICE_PAGES = (5, 10)
"""The least and the most pages that a slice should have. Where longer ones are read side by side, most of them wait for
room while the first is read to its end; of shorter ones more rows come twice, where they overlap.
"""


def cursor_walk_side_by_side(
    endpoint: Endpoint, window: Window, ceiling: datetime, attempts: int, crew: Crew
) -> Iterator[Page]:
    """The walk by the cursor, of which slices up to the ceiling are walked side by side, and what is newer at last.

    Each slice is a `cursor_walk` that begins at its own value and ends with its first row at or beyond the next one's.
    A row that stays where it is lies in one slice, and that walk finds it as the walk of the whole list would. A row
    that is edited meanwhile leaves its slice, read or not, and stands beyond the ceiling then: the newest rows, which
    are walked last, show it, or the next run does, for the cursor never passes the ceiling. A row that is deleted is in
    no slice and need not be. Slices ask as the whole walk does, since a value and without an upper end of their own, so
    they trust no filter that it does not trust, and where they overlap a row comes twice. The first pages are walked
    before any cut: rows without a cursor value stand there, or the totals show that the filter hides them. Pages are
    handed on in the order of the slices, so what a page calls settled has come.

    Raises:
        ContractBroken: see `cursor_walk`; the error of a slice is raised in its turn.
    """
    end = End()
    first = cursor_walk(endpoint, window, ceiling, attempts, end=end)
    page: Page | None = None
    for page in islice(first, FIRST_PAGES):
        yield page
    last = endpoint.cut(min(ceiling, window.until) if window.until else ceiling)
    begin = _worth_cutting(endpoint, page, last, crew)
    if begin is None:
        yield from first
        return
    cuts = _cuts(endpoint, begin, Window(None, window.until), last, crew)
    end.at = next(cuts)
    parts = _slices(endpoint, Window(end.at, window.until), ceiling, attempts, cuts)
    yield from in_order(crew, chain([first], parts), _weight)
    rest = Window(last, window.until)
    if not rest.is_empty:
        yield from cursor_walk(endpoint, rest, ceiling, attempts)


def _slices(
    endpoint: Endpoint, rest: Window, ceiling: datetime, attempts: int, cuts: Iterator[datetime]
) -> Iterator[Iterator[Page]]:
    """The walks of the slices that end at some cuts, each in a state of its own."""
    for cut in cuts:
        yield cursor_walk(endpoint.twin(), rest, ceiling, attempts, end=End(cut))
        rest = replace(rest, since=cut)


def _worth_cutting(endpoint: Endpoint, page: Page | None, last: datetime, crew: Crew) -> Point | None:
    """Where slices may begin behind a page, None where the list is better read to its end as it is."""
    if crew.connections == 1 or page is None or page.top is None or page.top >= last:
        return None
    return Point(page.top, page.total or 0) if _long(endpoint, page.total) else None


Read = Callable[[Endpoint, Window], Iterator[Page]]


def closed_side_by_side(endpoint: Endpoint, window: Window, crew: Crew, read: Read) -> Iterator[Page] | None:
    """The pages of a closed window, slices of which are read side by side; None where it is short or cannot be cut.

    Rows can leave a slice and none can enter it, as in the whole window, and each slice is proven or read again by
    itself.

    Args:
        endpoint: the list; it can filter by both ends.
        window: its upper end is closed.
        crew: has the threads.
        read: reads one slice without loss.
    """
    until, begin = window.until, window.since or EARLIEST
    if crew.connections == 1 or until is None or begin >= endpoint.cut(until):
        return None
    rows = endpoint.count(window)
    if rows is None or not _long(endpoint, rows):
        return None
    cuts = _cuts(endpoint, Point(begin, rows), window, endpoint.cut(until), crew)

    def slices() -> Iterator[Iterator[Page]]:
        since = window.since
        for cut in cuts:
            part = Window(since, until if cut >= endpoint.cut(until) else cut)
            yield read(endpoint.twin(), part)
            since = cut

    return in_order(crew, slices(), _weight)


def _long(endpoint: Endpoint, total: int | None) -> bool:
    return total is not None and total > WORTH_IT * _page_rows(endpoint)


def _page_rows(endpoint: Endpoint) -> int:
    """How many rows come at once: as many as came, or as will be asked for."""
    return endpoint.largest_page or endpoint.page_size


def _cuts(endpoint: Endpoint, begin: Point, window: Window, end: datetime, crew: Crew) -> Iterator[datetime]:
    """Where to cut the rows from a point to an end, which may be filtered by the window's upper end."""
    least, most = (pages * _page_rows(endpoint) for pages in SLICE_PAGES)

    def count(instants: Sequence[datetime]) -> list[int]:
        asked = [functools.partial(endpoint.count, Window(at, window.until)) for at in instants]
        return [found or 0 for found in crew.together(asked)]

    rows = min(max(begin.rows // crew.connections, least), most)
    return balanced_cuts(begin, end, rows, crew.connections, count, endpoint.cut)


def _weight(page: Page) -> int:
    return page.size
