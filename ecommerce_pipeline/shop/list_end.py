"""Where a list ends that is counted by pages or rows: an answer without rows may be a fault in its middle."""

from __future__ import annotations

from dataclasses import replace

from ecommerce_pipeline.errors import ContractBroken, ShopRefused
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import PageRequest
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.paging import number_param, with_param
from ecommerce_pipeline.shop.unsettled import Unsettled


def page_again(endpoint: Endpoint, request: PageRequest) -> Page:
    """Ask for a page after a list's first. Where we count pages, one that is refused is beyond the end: rows have
    left the list. The walks ask for the first page again by `Endpoint.page`, which betrays every other refusal.

    Raises:
        Unsettled: a page without rows is not the end, and no total would betray it.
        ShopRefused, ShopUnreachable, ContractBroken: see `Endpoint.page`.
    """
    if not endpoint.counts_pages:
        return endpoint.page(request)
    page = endpoint.page(replace(request, beyond=request.beyond or 0))
    if not page.rows and not endpoint.reports_totals:
        _confirm_end(endpoint, request)
    return page


def _confirm_end(endpoint: Endpoint, request: PageRequest) -> None:
    """Ask for the last row before an empty page, and whether one follows it.

    A single refused or empty answer, or a shop that refuses pages far from the beginning, looks like the end.
    """
    overlap = _overlapping(endpoint, request)
    if overlap is None:
        return
    around, before = overlap
    try:
        goes_on = len(endpoint.page(around).rows) > before
    except (ShopRefused, ContractBroken):
        goes_on = True  # nobody can tell
    if goes_on:
        paging = endpoint.profile.paging
        place = paging.offset_param if endpoint.steps_by_offset else paging.page_param
        raise Unsettled(
            f"no rows came for {place}={number_param(request, place)}, and the list may go on there",
            "If the shop refuses pages far from the beginning, declare its total, or `cursor.since_param` and"
            ' `order = "cursor"`, in the profile.',
        )


def _overlapping(endpoint: Endpoint, request: PageRequest) -> tuple[PageRequest, int] | None:
    """A page that begins before this one and reaches into it, and how many of its rows stand before it."""
    paging, size = endpoint.profile.paging, endpoint.profile.page_size_param
    begin = endpoint.before(request)
    if endpoint.steps_by_offset:
        begin = number_param(request, paging.offset_param)
        return (endpoint.at_offset(request, begin - 1), 1) if begin and endpoint.largest_page > 1 else None
    most = endpoint.largest_page
    # A larger size only where there is no other: the shop may cap it, and then the page begins elsewhere.
    other = next((number for number in (*range(most - 1, 1, -1), most + 1) if begin % number), 0)
    if not size or not other:
        return None
    number, before = divmod(begin, other)
    page = with_param(request, paging.page_param, number + paging.base_page)
    return with_param(page, size, other), before
