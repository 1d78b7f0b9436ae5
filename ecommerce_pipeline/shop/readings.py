"""What makes a reading of a list trustworthy: its counts, its order, its filter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import PageRequest, note_retry
from ecommerce_pipeline.shop.list_end import page_again
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.unsettled import Unsettled
from ecommerce_pipeline.shop.window import Window

logger = logging.getLogger(__name__)


Reading = Callable[[Endpoint, Window], Iterator[Page]]


class Tally:
    """What one pass over a list has shown, in a few bytes a row.

    Attributes:
        totals: the totals that the shop reported.
        keys: hashes of the identities of the rows.
        rows: how many rows came, doubles included.
        pages: for each page a hash of the identities in their order.
        last_total: the total of the page that came last.
    """

    def __init__(self) -> None:
        self.totals: set[int | None] = set()
        self.keys: set[int] = set()
        self.rows = 0
        self.pages: list[int] = []
        self.last_total: int | None = None

    def add(self, page: Page) -> bool:
        """Count a page; returns whether it brought a row that was not seen before."""
        identities = [hash(identity) for identity in page.identities]
        new = not self.keys.issuperset(identities)
        self.totals.add(page.total)
        self.last_total = page.total
        self.keys.update(identities)
        self.rows += len(identities)
        self.pages.append(hash(tuple(identities)))
        return new

    @property
    def proven(self) -> bool:
        """Whether the total stood still and as many distinct rows came."""
        return self.totals == {len(self.keys)}


def check_both(forward: Tally, backward: Tally) -> None:
    """While the total stood still, as many rows must have come; of a total that moved, no fewer than its last.

    A shop that has a key twice, on different pages, shows fewer distinct rows than it counts. When both
    passes saw the same pages nothing moved, and the rows themselves are counted.
    """
    quiet = forward.pages == backward.pages[::-1]
    came = forward.rows if quiet else len(forward.keys | backward.keys)
    totals = forward.totals | backward.totals
    if None in totals:
        return
    last = backward.last_total or 0
    if (len(totals) == 1 and last != came) or came < last:
        raise Unsettled(miscount(last, came))


def complete(total: int | None, rows: int) -> bool:
    """Whether as many rows came as the shop reports, where it reports any."""
    return total is None or total == rows


def check_complete(total: int | None, rows: int) -> None:
    """As many rows must have come as the shop reports, where it reports any."""
    if not complete(total, rows):
        raise Unsettled(miscount(total, rows))


def miscount(total: int | None, rows: int) -> str:
    """The two counts in words."""
    return f"the shop reports {total} rows and gives {rows}"


def loop(endpoint: Endpoint, request: PageRequest) -> Unsettled:
    """The error of a reference that was followed before."""
    return Unsettled(
        f"the reference to the next page leads back to {endpoint.shown(request)}, a loop",
        "Correct the name of the parameter, or the path of the reference, in the profile's paging.",
    )


def check_sorted(endpoint: Endpoint, page: Page, window: Window) -> None:
    """Refuse a list that is not sorted by the cursor though its profile says so."""
    check_filter(endpoint, page, window)
    if not page.ascends:
        raise ContractBroken(
            f"GET {page.address}: the profile says that the list is sorted by `{endpoint.profile.cursor.field}`,"
            ' but it is not. Set `order` to "id" or "unknown", or add the shop\'s sort parameter to `params`.'
        )


def check_filter(endpoint: Endpoint, page: Page, window: Window) -> None:
    """A misspelt filter is ignored by many shops and every row comes, each time (Medusa: `updated_at[gte]`)."""
    cursor = endpoint.profile.cursor
    since = endpoint.floor(window.since) if window.since and cursor.since_param else None
    until = endpoint.floor(window.until) if window.until and cursor.until_param else None
    bottom, top = page.bottom, page.top
    if since and bottom and bottom < endpoint.lowest(since):
        raise _ignored(page, f"since {since.isoformat()}", bottom, "since_param")
    if until and top and top > until:
        raise _ignored(page, f"before {until.isoformat()}", top, "until_param")


def _ignored(page: Page, asked: str, got: datetime, name: str) -> ContractBroken:
    return ContractBroken(
        f"GET {page.address}: asked for rows {asked}, got one of {got.isoformat()}."
        f" The shop ignores the filter; correct `cursor.{name}` in the profile."
    )


def chain(endpoint: Endpoint, window: Window) -> Iterator[Page]:
    """Page after page to the end, with a loop guard."""
    asked: set[PageRequest] = set()
    following: PageRequest | None = endpoint.first(window)
    before: Page | None = None
    while following is not None:
        if following in asked:
            raise loop(endpoint, following)
        asked.add(following)
        page = page_again(endpoint, following) if before else endpoint.page(following)
        check_filter(endpoint, page, window)
        if before and not goes_on(
            endpoint, before, page, second=len(asked) == 2 and following.beyond is None
        ):
            return
        yield page
        before, following = page, page.following


def goes_on(endpoint: Endpoint, before: Page, page: Page, second: bool) -> bool:
    """Whether a page shows other rows than the one before; False at the end of a list.

    Some shops answer a page beyond the end with the last page (magento/magento2 3787). A full first page that
    comes again as the second is no end: the shop does not know the parameter of the next page.

    Raises:
        Unsettled: the reference to the next page, or its parameter, leads nowhere.
    """
    if not page.rows or page.identities != before.identities:
        return True
    misspelt = second and len(page.rows) >= endpoint.full_page
    if misspelt or not endpoint.counts_pages:
        raise loop(endpoint, page.request)
    return False


def again(endpoint: Endpoint, window: Window, attempts: int, reading: Reading) -> Iterator[Page]:
    """Read the window until one reading settles."""
    failures = 0
    while True:
        try:
            yield from reading(endpoint, window)
            return
        except Unsettled as reason:
            failures += 1
            give_up_after(endpoint, failures, attempts, reason)


def give_up_after(endpoint: Endpoint, failures: int, attempts: int, reason: Unsettled) -> None:
    """Count another reading of a window; too many end the run, and the cursor stays."""
    if failures >= attempts:
        raise ContractBroken(
            f"{endpoint.profile.path}: {reason}, in each of {attempts} readings. The cursor stays, nothing is lost."
            f" {reason.cure}"
        )
    note_retry(endpoint.retries, "window_read_again")
    logger.warning("reading a window of %s again: %s", endpoint.profile.path, reason)
