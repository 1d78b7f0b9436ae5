"""What makes a reading of a list trustworthy: its counts, its order, its filter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.shop.client import PageRequest
from ecommerce_pipeline.shop.endpoint import Endpoint, Page
from ecommerce_pipeline.shop.window import Window

logger = logging.getLogger(__name__)


Reading = Callable[[Endpoint, Window], Iterator[Page]]


class Unsettled(Exception):
    """A reading of the window cannot be trusted; it is read again."""


def check_complete(totals: set[int | None], keys: set[Any]) -> None:
    """While the total stood still, as many rows must have come; a total that moved proves nothing."""
    total = next(iter(totals))
    if len(totals) == 1 and not complete(total, len(keys)):
        raise Unsettled(miscount(total, len(keys)))


def complete(total: int | None, rows: int) -> bool:
    """Whether as many rows came as the shop reports, where it reports any."""
    return total is None or total == rows


def miscount(total: int | None, rows: int) -> str:
    """The two counts in words."""
    return f"the shop reports {total} rows and gives {rows}"


def loop(request: PageRequest) -> Unsettled:
    """The error of a reference that was followed before."""
    return Unsettled(f"the reference to the next page leads back to {request.address}, a loop")


def check_sorted(endpoint: Endpoint, page: Page, since: datetime | None) -> None:
    """Refuse a list that is not sorted by the cursor though its profile says so."""
    check_filter(endpoint, page, since)
    values = [endpoint.floor(value) for value in map(endpoint.cursor, page.rows) if value]
    if any(later < earlier for earlier, later in pairwise(values)):
        raise ContractBroken(
            f"GET {page.address}: the profile says that the list is sorted by `{endpoint.profile.cursor.field}`,"
            ' but it is not. Set `order` to "id" or "unknown", or add the shop\'s sort parameter to `params`.'
        )


def check_filter(endpoint: Endpoint, page: Page, since: datetime | None) -> None:
    """A misspelt filter is ignored by many shops and every row comes, each time (Medusa: `updated_at[gte]`)."""
    if since is None or not endpoint.profile.cursor.since_param:
        return
    for value in map(endpoint.cursor, page.rows):
        if value is not None and value < endpoint.floor(since):
            raise ContractBroken(
                f"GET {page.address}: asked for rows since {since.isoformat()}, got one of {value.isoformat()}."
                " The shop ignores the filter; correct `cursor.since_param` in the profile."
            )


def chain(endpoint: Endpoint, window: Window) -> Iterator[Page]:
    """Page after page to the end, with a loop guard."""
    asked: set[PageRequest] = set()
    following: PageRequest | None = endpoint.first(window)
    before: list[Any] = []
    while following is not None:
        if following in asked:
            raise loop(following)
        asked.add(following)
        page = endpoint.page(following)
        check_filter(endpoint, page, window.since)
        identities = endpoint.identities(page)
        if identities and identities == before:
            if not endpoint.counts_pages:
                raise loop(following)
            return  # some shops answer a page beyond the end with the last page (magento/magento2 3787)
        yield page
        before, following = identities, page.following


def again(endpoint: Endpoint, window: Window, attempts: int, reading: Reading) -> Iterator[Page]:
    """Read the window until one reading settles."""
    failures = 0
    while True:
        try:
            yield from reading(endpoint, window)
            return
        except Unsettled as reason:
            failures += 1
            give_up_after(endpoint, failures, attempts, str(reason))


def give_up_after(endpoint: Endpoint, failures: int, attempts: int, reason: str) -> None:
    """Count another reading of a window; too many end the run, and the cursor stays."""
    if failures >= attempts:
        raise ContractBroken(
            f"{endpoint.profile.path}: {reason}, in each of {attempts} readings. The cursor stays, nothing is lost."
            " If the shop's totals cannot be trusted, leave `total_path` out of the profile's paging."
        )
    endpoint.retries["window_read_again"] += 1
    logger.warning("reading a window of %s again: %s", endpoint.profile.path, reason)
