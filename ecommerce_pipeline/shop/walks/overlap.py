"""The walk by offsets of a list that cannot be closed, in an order that an edit does not change."""

from __future__ import annotations

from collections.abc import Iterator

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import PageRequest
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.paging import number_param
from ecommerce_pipeline.shop.readings import Tally, check_complete, loop
from ecommerce_pipeline.shop.window import Window

IDLE_PAGES = 3
"""How many pages in a row may bring nothing new: after rows before them were deleted, one or two may."""


def overlapping_pages(endpoint: Endpoint, window: Window) -> Iterator[Page]:
    """Pages by offset that overlap by a row; for lists whose order an edit does not change.

    Every page begins with a row that was read before: so nothing lies between it and what is known.
    Where it does not, or is empty, rows before it were deleted, and the walk steps back until it does.
    The list ends where its total says so, or where nothing follows the row that is known.

    Raises:
        Unsettled: the offset leads nowhere, or the total differs from the place of the last row.
        ContractBroken: the shop gives one row per page.
    """
    seen, idle = Tally(), 0
    page = endpoint.page(endpoint.first(window))
    while True:
        yield page
        idle = 0 if seen.add(page) else idle + 1
        if page.following is None or (idle and len(page.rows) == 1):
            check_complete(page.total, _offset(endpoint, page) + len(page.rows))
            return
        if idle > IDLE_PAGES:
            raise loop(endpoint, page.request)
        page = _overlapping(endpoint, page, seen)


def _overlapping(endpoint: Endpoint, page: Page, seen: Tally) -> Page:
    """The page that follows, its first row known."""
    if endpoint.largest_page < 2:
        return _single(endpoint, page)
    offset = _offset(endpoint, page) + len(page.rows) - 1
    following = endpoint.page(endpoint.at_offset(page.request, offset))
    while offset and not _begins_known(following, seen):
        offset = max(0, offset - endpoint.largest_page + 1)
        following = endpoint.page(endpoint.at_offset(page.request, offset))
    return following


def _single(endpoint: Endpoint, page: Page) -> Page:
    """The page after a first page of one row: it must be the end, pages of one row cannot overlap."""
    following = endpoint.page(endpoint.at_offset(page.request, 1))
    if following.rows:
        raise ContractBroken(
            f"GET {following.address}: the shop gives one row per page, and this walk needs two. Set `page_size` to"
            " 2 or more and name the shop's `page_size_param` in the profile."
        )
    return page


def _begins_known(page: Page, seen: Tally) -> bool:
    return bool(page.rows) and hash(page.identities[0]) in seen.keys


def _offset(endpoint: Endpoint, page: Page) -> int:
    request: PageRequest = page.request
    return number_param(request, endpoint.profile.paging.offset_param)
