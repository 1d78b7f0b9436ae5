"""The walk of a window whose upper end is in the past, slice by slice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ecommerce_pipeline.shop.crew import Crew
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import PageRequest
from ecommerce_pipeline.shop.list_end import page_again
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.readings import Reading, Tally, again, chain, check_both, give_up_after
from ecommerce_pipeline.shop.unsettled import Unsettled
from ecommerce_pipeline.shop.walks.side_by_side import closed_side_by_side
from ecommerce_pipeline.shop.walks.slices import slices
from ecommerce_pipeline.shop.window import Window

logger = logging.getLogger(__name__)


def closed_then_tail(
    endpoint: Endpoint,
    window: Window,
    ceiling: datetime,
    attempts: int,
    slice_rows: int,
    crew: Crew,
    reading: Reading | None = None,
) -> Iterator[Page]:
    """The closed part up to the ceiling without loss, then what is newer as far as it comes.

    The next run begins at the ceiling, so the tail need not be complete while the shop is edited. The arguments are
    those of `walk`; `reading` is how the closed part is read, by default as `closed_window`.
    """
    closed = window if window.until and window.until <= ceiling else replace(window, until=ceiling)

    def read(endpoint: Endpoint, part: Window) -> Iterator[Page]:
        for page in again(endpoint, part, attempts, reading or closed_window):
            yield replace(page, settled=part.since)

    if not closed.is_empty:
        together = closed_side_by_side(endpoint, closed, crew, read)
        for part in () if together else slices(endpoint, closed, slice_rows):
            yield from read(endpoint, part)
        yield from together or ()
    if closed is not window:
        since = max(ceiling, window.since) if window.since else ceiling
        yield from _tail(endpoint, replace(window, since=since), ceiling, attempts)


def _tail(endpoint: Endpoint, window: Window, ceiling: datetime, attempts: int) -> Iterator[Page]:
    """What is newer than the ceiling, as far as it comes. A list that moves while it is read contradicts itself each
    time otherwise; a shop at rest that repeats its contradiction is refused.
    """
    reasons: set[str] = set()
    for failures in range(1, attempts + 1):
        try:
            for page in chain(endpoint, window):
                yield replace(page, settled=ceiling)
            return
        except Unsettled as reason:
            reasons.add(str(reason))
            if len(reasons) > 1:
                break
            give_up_after(endpoint, failures, attempts, reason)
    logger.warning("%s moves while its newest rows are read; the next run goes on", endpoint.profile.path)


def closed_window(endpoint: Endpoint, window: Window) -> Iterator[Page]:
    """A window whose upper end is in the past: rows can leave it, none can enter.

    When every page reports the same total and as many rows came, no row left and no place shifted.
    Otherwise the pages are read again back to front: rows that leave only shift others to pages that
    are still to be read, so none is missed, whatever the list is sorted by.
    """
    requests: list[PageRequest] = []
    forward, backward = Tally(), Tally()
    for page in chain(endpoint, window):
        yield page
        requests.append(page.request)
        forward.add(page)
    if forward.proven:
        return
    for request in reversed(requests):
        page = endpoint.page(request) if request == requests[0] else page_again(endpoint, request)
        yield page
        backward.add(page)
    check_both(forward, backward)
