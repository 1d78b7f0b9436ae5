"""Walks that lose nothing while the shop is edited: a window of the cursor becomes pages.

A page may come twice, a row may come in two versions; what may not happen is that a row which was in
the window when the walk began, and is still there when it ends, comes in no page. Why each walk keeps
that promise stands in its docstring; docs/guarantees.md has the long form.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.shop.client import PageRequest
from ecommerce_pipeline.shop.endpoint import Endpoint, Page
from ecommerce_pipeline.shop.readings import (
    Unsettled,
    again,
    chain,
    check_complete,
    check_sorted,
    complete,
    give_up_after,
    loop,
    miscount,
)
from ecommerce_pipeline.shop.window import Window

logger = logging.getLogger(__name__)


def walk(endpoint: Endpoint, window: Window, ceiling: datetime, attempts: int) -> Iterator[Page]:
    """All pages of a window, by the walk that fits what the shop's profile declares.

    Args:
        endpoint: the list to read.
        window: the span of the cursor; without bounds where the shop cannot filter.
        ceiling: the shop's clock at the start of the run less the safety lag, UTC. What changed later
            may come or not; the next run asks for it again.
        attempts: how often a window is read in all when readings contradict each other.

    Raises:
        ContractBroken: the readings never agreed, or the shop ignores what it was asked.
        ShopRefused, ShopUnreachable: see `ShopClient.get`.
    """
    declared = endpoint.profile
    ceiling = min(ceiling, window.until) if window.until else ceiling
    if declared.paging.stable:
        yield from again(endpoint, window, attempts, _following)
    elif declared.order == "cursor" and declared.cursor.since_param:
        yield from cursor_walk(endpoint, window, ceiling, attempts)
    elif declared.cursor.until_param:
        yield from _closed_then_tail(endpoint, window, ceiling, attempts)
    elif endpoint.steps_by_offset and declared.order != "unknown":
        yield from overlapping_pages(endpoint, window)
    else:
        yield from agreeing_passes(endpoint, window, attempts)


def cursor_walk(endpoint: Endpoint, window: Window, ceiling: datetime, attempts: int) -> Iterator[Page]:
    """Walk the cursor, not the pages; for lists sorted by the cursor.

    Each request asks for the first page since the highest value seen. An edited row moves to the end,
    where the walk will come; no position is used that an edit could shift. Only where a whole page shares
    one value are pages turned, by `_same_value_pages`.
    """
    position = window.since
    failures = 0
    while True:
        page = endpoint.page(endpoint.first(replace(window, since=position)))
        check_sorted(endpoint, page, position)
        yield page
        top = endpoint.top(page)
        try:
            if page.following is None:
                check_complete({page.total}, set(endpoint.identities(page)))
                return
            if not _beyond(top, position):
                top = yield from _same_value_pages(endpoint, page, position)
        except Unsettled as reason:
            failures += 1
            give_up_after(endpoint, failures, attempts, str(reason))
            continue
        if top is None or top > ceiling:
            return
        position = top


def _same_value_pages(
    endpoint: Endpoint, first: Page, value: datetime | None
) -> Generator[Page, None, datetime | None]:
    """Turn pages while they share one cursor value, then read the same pages back to front.

    An edit takes a row out of the group and moves the rest one place forward: reading forward may skip
    a row there. Reading backward cannot: a row that stays only moves to pages not yet read, a row that
    leaves has a higher value and comes later in the walk. Returns the value to go on from, None at the end.
    """
    forward = [first]
    while (following := forward[-1].following) is not None and not _beyond(endpoint.top(forward[-1]), value):
        if following in [page.request for page in forward]:
            raise loop(following)
        forward.append(endpoint.page(following))
        yield forward[-1]
    top = None
    backward = []
    for earlier in reversed(forward):
        backward.append(endpoint.page(earlier.request))
        yield backward[-1]
        top = top or endpoint.top(backward[-1])
    if _beyond(top, value):
        return top
    check_complete(
        {page.total for page in backward},
        {key for page in forward + backward for key in endpoint.identities(page)},
    )
    return None


def _closed_then_tail(endpoint: Endpoint, window: Window, ceiling: datetime, attempts: int) -> Iterator[Page]:
    """The closed part up to the ceiling without loss, then what is newer as far as it comes.

    The next run begins at the ceiling, so the tail need not be complete while the shop is edited.
    """
    closed = window if window.until and window.until <= ceiling else replace(window, until=ceiling)
    if closed.since is None or closed.until is None or closed.since < closed.until:
        yield from again(endpoint, closed, attempts, closed_window)
    if closed is not window:
        since = max(ceiling, window.since) if window.since else ceiling
        yield from again(endpoint, replace(window, since=since), attempts, chain)


def closed_window(endpoint: Endpoint, window: Window) -> Iterator[Page]:
    """A window whose upper end is in the past: rows can leave it, none can enter.

    When every page reports the same total and as many rows came, no row left and no place shifted.
    Otherwise the pages are read again back to front: rows that leave only shift others to pages that
    are still to be read, so none is missed, whatever the list is sorted by.
    """
    requests: list[PageRequest] = []
    totals: set[int | None] = set()
    keys: set[Any] = set()
    for page in chain(endpoint, window):
        yield page
        requests.append(page.request)
        totals.add(page.total)
        keys.update(endpoint.identities(page))
    if len(totals) == 1 and totals == {len(keys)}:
        return
    total = None
    for request in reversed(requests):
        page = endpoint.page(request)
        yield page
        total = page.total
        keys.update(endpoint.identities(page))
    if total is not None and len(keys) < total:
        raise Unsettled(miscount(total, len(keys)))


def overlapping_pages(endpoint: Endpoint, window: Window) -> Iterator[Page]:
    """Pages by offset that overlap by a row; for lists whose order an edit does not change.

    Every page begins with a row that was read before: so nothing lies between it and what is known.
    Where it does not, rows before it were deleted, and the walk steps back until it does.
    """
    page = endpoint.page(endpoint.first(window))
    yield page
    offset, known = 0, set(endpoint.identities(page))
    while page.following is not None:
        offset += max(len(page.rows) - 1, 0)
        page = endpoint.page(endpoint.at_offset(page.request, offset))
        while page.rows and offset and endpoint.identities(page)[0] not in known:
            offset = max(0, offset - endpoint.page_size + 1)
            page = endpoint.page(endpoint.at_offset(page.request, offset))
        yield page
        identities = endpoint.identities(page)
        if len(page.rows) < 2 or (known.issuperset(identities) and page.following is None):
            return
        known.update(identities)


def agreeing_passes(endpoint: Endpoint, window: Window, attempts: int) -> Iterator[Page]:
    """Read the whole window until two passes in a row are quiet and equal.

    For lists that can be neither closed nor overlapped. A deletion before a row that shifts it out of sight
    also takes a row out of the pass that the pass before had seen; a repeated row betrays an insertion.
    """
    before: list[Any] | None = None
    for _ in range(attempts):
        keys: list[Any] = []
        totals = []
        for page in chain(endpoint, window):
            yield page
            totals.append(page.total)
            keys.extend(endpoint.identities(page))
        quiet = len(set(keys)) == len(keys) and all(complete(total, len(keys)) for total in totals)
        if quiet and (len(totals) == 1 or keys == before):
            return
        before = keys
    raise ContractBroken(
        f"{endpoint.profile.path}: the list changed during each of {attempts} readings. Nothing is lost, the cursor"
        " stays; run when the shop is quieter, or declare `cursor.until_param` in the profile if the shop has one."
    )


def _following(endpoint: Endpoint, window: Window) -> Iterator[Page]:
    """Follow each page's own reference to the next; for references that point at a row, not at a place."""
    keys: set[Any] = set()
    totals: set[int | None] = set()
    for page in chain(endpoint, window):
        yield page
        keys.update(endpoint.identities(page))
        totals.add(page.total)
    check_complete(totals, keys)


def _beyond(top: datetime | None, value: datetime | None) -> bool:
    return top is not None and (value is None or top > value)
