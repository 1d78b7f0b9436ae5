"""Is the shop there, does it accept the key, what time is it at its place?"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.shop.client import ShopClient
from ecommerce_pipeline.shop.crew import Crew
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import keep_nothing
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.window import Window

ATTEMPTS = 3


def first_contact(client: ShopClient, resources: Sequence[ResourceProfile]) -> datetime:
    """Ask for the smallest page of every list.

    Returns:
        The shop's clock when the first answer came, UTC; our own where the shop does not tell it.

    Raises:
        ShopRefused: the key is wrong or may not read one of the lists.
        ShopUnreachable: the shop does not answer.
        ContractBroken: an answer is not what the profile declares.
    """
    crew = Crew(client.connections, client.abort)
    try:
        crew.together([functools.partial(_try, client, declared) for declared in resources])
    finally:
        crew.stop()
    return client.shop_clock or client.clocks.now()


def _try(client: ShopClient, declared: ResourceProfile) -> None:
    endpoint = Endpoint(client, declared, 1, keep_nothing, Counter())
    page = endpoint.page(endpoint.first(Window()))
    if declared.page_size_param and page.rows:
        check = _check_next_page if page.total is None else _check_total
        check(client, declared, [page, *_second(endpoint, page)])


def _check_total(client: ShopClient, declared: ResourceProfile, pages: list[Page]) -> None:
    """A number that counts the page and not the list would end every list after one page of a shop that
    gives smaller pages than it is asked for.
    """
    for attempt in range(ATTEMPTS):
        pages = _pages_of(client, declared) if attempt else pages
        if len(pages) < 2 or pages[1].request.beyond is None or not pages[1].rows:
            return
    raise ContractBroken(
        f"GET {pages[0].address}: the shop reports {pages[0].total} rows in all, and the list goes on after them."
        " Correct `paging.total_path` or `total_header` in the profile, or leave it out."
    )


def _check_next_page(client: ShopClient, declared: ResourceProfile, single: list[Page]) -> None:
    """A wrong name of the next page's parameter or reference ends every list after one page, and a shop
    that reports no totals would not betray it: two rows must come on two pages of one, too.
    """
    for attempt in range(ATTEMPTS):
        single = _pages_of(client, declared) if attempt else single
        pair = Endpoint(client, declared, 2, keep_nothing, Counter())
        if (
            len(pair.page(pair.first(Window())).rows) < 2
            or len(single[0].rows) > 1
            or (len(single) > 1 and single[0].rows != single[1].rows)
        ):
            return
    raise ContractBroken(
        f"GET {single[0].address}: the list has more rows, and the profile's `paging` does not lead to them."
        " Correct the name of the parameter or the path of the reference to the next page."
    )


def _pages_of(client: ShopClient, declared: ResourceProfile) -> list[Page]:
    """The first page of one row, and the one after it if there is any."""
    endpoint = Endpoint(client, declared, 1, keep_nothing, Counter())
    page = endpoint.page(endpoint.first(Window()))
    return [page, *_second(endpoint, page)]


def _second(endpoint: Endpoint, page: Page) -> list[Page]:
    return [] if page.following is None else [endpoint.page(page.following)]
