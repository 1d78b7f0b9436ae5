"""The walk of a list that is sorted by its cursor: by values, not by places."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.list_end import page_again
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.readings import (
    Tally,
    check_both,
    check_complete,
    check_sorted,
    give_up_after,
    goes_on,
    loop,
    miscount,
)
from ecommerce_pipeline.shop.unsettled import Unsettled
from ecommerce_pipeline.shop.window import Window

logger = logging.getLogger(__name__)

NEWEST_PAGES = 1_000
"""How many pages of what changed since the run began are read at most. The next run asks for it anyway;
a shop that writes faster than it can be read would hold this run for ever."""


@dataclass
class End:
    """Where a walk ends: with its first row at or beyond an instant, UTC; None for the end of the list.

    It may be set while the walk goes on.
    """

    at: datetime | None = None


class _Steps:
    """Where the walk stands: the value to ask for, the page before, and how to go one step back.

    `settled` is the highest value whose page went on where the one before it ended.
    """

    def __init__(self, start: datetime | None) -> None:
        self.value = self.settled = self._earlier = start
        self.before: Page | None = None
        self._failed_at: object = self
        self._reasons: list[str] = []

    def forward(self, value: datetime, page: Page | None) -> None:
        """Ask since `value` next; `page` is checked against what comes then, None for no check."""
        self.settled = self.value
        self._earlier, self.value, self.before = self.value, value, page

    def back(self, reason: Unsettled) -> list[str]:
        """Ask for the page before again; returns why the walk failed at this place so far."""
        if self._failed_at != self.value:
            self._failed_at, self._reasons = self.value, []
        self._reasons.append(str(reason))
        self.value, self.before = self._earlier, None
        return self._reasons


def cursor_walk(
    endpoint: Endpoint,
    window: Window,
    ceiling: datetime,
    attempts: int,
    newest_pages: int = NEWEST_PAGES,
    end: End | None = None,
) -> Iterator[Page]:
    """Walk the cursor, not the pages; for lists sorted by the cursor.

    Each request asks for the first page since the highest value seen. An edited row moves to the end,
    where the walk will come; no position is used that an edit could shift. Only where a whole page shares
    one value are pages turned, by `_same_value_pages`. At each step it is checked that the list goes on
    where the page before ended; where it does not, the walk goes one step back. From the ceiling on, a shop
    that is written all the time may contradict itself in every reading; there the walk ends as it is.

    Raises:
        ContractBroken: the list is not sorted by the cursor, or the filter hides rows.
    """
    steps = _Steps(window.since)
    newest = 0
    while newest <= newest_pages:
        asked = replace(window, since=steps.value)
        page = endpoint.page(endpoint.first(asked))
        check_sorted(endpoint, page, asked)
        yield replace(page, settled=steps.settled)
        try:
            top, turned = yield from _top(endpoint, steps, page)
        except Unsettled as reason:
            reasons = steps.back(reason)
            if _only_busy(asked.since, ceiling, reasons):
                break
            give_up_after(endpoint, len(reasons), attempts, reason)
            continue
        ends = (window.until, end.at if end else None)
        if top is None or any(at is not None and top >= at for at in ends):
            return
        newest += top > ceiling
        steps.forward(top, None if turned else page)
    logger.warning("%s is written faster than it is read; the next run goes on", endpoint.profile.path)


def _only_busy(since: datetime | None, ceiling: datetime, reasons: list[str]) -> bool:
    """Whether rows from a value on need not be complete: the next run asks for them again, as the cursor stays at
    or below the ceiling, and other numbers in each reading tell of writes. A shop at rest repeats its contradiction.
    """
    return since is not None and since >= ceiling and len(set(reasons)) > 1


def _top(
    endpoint: Endpoint, steps: _Steps, page: Page
) -> Generator[Page, None, tuple[datetime | None, bool]]:
    """The value to go on from, None at the end, and whether pages had to be turned for it."""
    if steps.before is not None and steps.value is not None:
        _check_continues(endpoint, steps.before, page, steps.value)
    if page.following is None:
        check_complete(page.total, len(page.rows))
        return None, False
    top = page.top
    if _beyond(top, steps.value):
        return top, False
    return (yield from _same_value_pages(endpoint, page, steps.value)), True


def _check_continues(endpoint: Endpoint, before: Page, page: Page, value: datetime) -> None:
    """The page since a value must show rows of that value again, and miss only those below it.

    Otherwise the filter leaves out its own boundary (WooCommerce: `modified_after`), or rows without a
    cursor value, or a row was edited or deleted meanwhile; a step back tells which.
    """
    known = before.at_top(value)
    if known.isdisjoint(page.identities):
        raise Unsettled(
            f"asked for rows since {value.isoformat()}, the known row of that very instant did not come",
            "If the shop's filter leaves that instant out, set `cursor.since_inclusive = false` in the profile.",
        )
    older = len(before.rows) - len(known)
    if before.total is not None and page.total is not None and before.total - page.total > older:
        raise Unsettled(
            f"{miscount(before.total, older + page.total)}, {older} before {value.isoformat()} and"
            f" {page.total} since then",
            f'If the filter hides rows without `{endpoint.profile.cursor.field}`, set `order = "unknown"` in the'
            " profile; if the totals cannot be trusted, leave them out of its paging.",
        )


def _same_value_pages(
    endpoint: Endpoint, first: Page, value: datetime | None
) -> Generator[Page, None, datetime | None]:
    """Turn pages while they share one cursor value, then read the same pages back to front.

    An edit takes a row out of the group and moves the rest one place forward: reading forward may skip
    a row there. Reading backward cannot: a row that stays only moves to pages not yet read, a row that
    leaves has a higher value and comes later in the walk. Returns the value to go on from, None at the end.
    """
    page, requests, forward, backward = first, [first.request], Tally(), Tally()
    forward.add(first)
    while page.following is not None and not _beyond(page.top, value):
        if page.following in requests:
            raise loop(endpoint, page.following)
        before, following = page, page.following
        page = page_again(endpoint, following)
        if not goes_on(endpoint, before, page, second=len(requests) == 1 and following.beyond is None):
            break
        yield page
        requests.append(page.request)
        forward.add(page)
    top = None
    for request in reversed(requests):
        page = endpoint.page(request) if request == requests[0] else page_again(endpoint, request)
        yield page
        backward.add(page)
        top = top or page.top
    if _beyond(top, value):
        return top
    check_both(forward, backward)
    return None


def _beyond(top: datetime | None, value: datetime | None) -> bool:
    return top is not None and (value is None or top > value)
