"""G1: whatever is written while pages are read, one more run of a quiet shop makes the warehouse equal."""

from __future__ import annotations

from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.load.request import Request
from tests.contract.conftest import OpenShop
from tests.support.styles import STYLES, each_order
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.reader

READ = ("customers", "orders", "order_items")


def _read_while_writing_then_once_more(shop: DemoShop, warehouse: Warehouse, **profile: Any) -> list[str]:
    """What the warehouse lacks after a run under writes and another when the shop is quiet."""
    path = warehouse.profile(page_size=20, **profile)
    with shop.serve() as address:
        warehouse.run(address, Request(resources=READ), profile=path)
        shop.change(writes_per_request=0)
        warehouse.run(address, Request(resources=READ), profile=path)
    return differences(shop, warehouse.database, READ)


@pytest.mark.parametrize("sort", ["updated_at", "id"])
@pytest.mark.parametrize("paging", STYLES)
def test_writes_while_pages_are_read_lose_nothing(open_shop: OpenShop, paging: str, sort: str) -> None:
    shop, warehouse = open_shop(paging=paging, sort=sort, writes_per_request=1)
    assert _read_while_writing_then_once_more(shop, warehouse) == []


@pytest.mark.parametrize(
    ("paging", "sort"), [("page_number", "updated_at"), ("json_link", "updated_at"), ("offset", "id")]
)
def test_writes_during_later_runs_lose_nothing(open_shop: OpenShop, paging: str, sort: str) -> None:
    shop, warehouse = open_shop(paging=paging, sort=sort)
    profile = warehouse.profile(page_size=10)
    with shop.serve() as address:
        warehouse.run(address, Request(resources=READ), profile=profile)
        for _ in range(60):
            shop.touch_random()
        shop.change(writes_per_request=2)
        warehouse.run(address, Request(resources=READ), profile=profile)
        warehouse.run(address, Request(resources=READ), profile=profile)
        shop.change(writes_per_request=0)
        warehouse.run(address, Request(resources=READ), profile=profile)
    assert differences(shop, warehouse.database, READ) == []


def test_a_descending_list_loses_nothing(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sort="-updated_at", writes_per_request=1)
    assert _read_while_writing_then_once_more(shop, warehouse) == []


@pytest.mark.parametrize(
    ("paging", "sort"),
    each_order(
        "updated_at", "id", always=[("page_number", "updated_at"), ("offset", "id"), ("cursor", "id")]
    ),
)
def test_more_rows_of_one_second_than_a_page_holds_lose_nothing(
    open_shop: OpenShop, paging: str, sort: str
) -> None:
    shop, warehouse = open_shop(
        paging=paging, sort=sort, precision="second", same_second_block=55, writes_per_request=2
    )
    assert _read_while_writing_then_once_more(shop, warehouse) == []


def test_rows_with_finer_instants_than_a_request_can_say_lose_nothing(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(precision="microsecond", writes_per_request=2)
    assert _read_while_writing_then_once_more(shop, warehouse, cursor={"precision": "second"}) == []


@pytest.mark.parametrize(
    ("paging", "sort"),
    [("page_number", "updated_at"), ("cursor", "id"), ("header_link", "id"), ("json_link", "id")],
)
def test_a_shop_without_totals_loses_nothing(open_shop: OpenShop, paging: str, sort: str) -> None:
    shop, warehouse = open_shop(paging=paging, sort=sort, totals=False, writes_per_request=1)
    assert _read_while_writing_then_once_more(shop, warehouse, paging={"total_path": None}) == []


def test_a_list_by_offset_that_cannot_be_closed_is_read_by_overlapping_pages(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(paging="offset", sort="id", writes_per_request=2)
    assert _read_while_writing_then_once_more(shop, warehouse, cursor={"until_param": None}) == []


def test_a_reference_that_points_at_a_row_is_followed(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(paging="cursor", writes_per_request=1)
    assert _read_while_writing_then_once_more(shop, warehouse, paging={"stable": True}) == []


def test_a_list_that_can_be_neither_closed_nor_overlapped_is_read_until_two_passes_agree(
    open_shop: OpenShop,
) -> None:
    shop, warehouse = open_shop(sort="id")
    assert (
        _read_while_writing_then_once_more(shop, warehouse, order="unknown", cursor={"until_param": None})
        == []
    )


@pytest.mark.parametrize("paging", ["page_number", "offset"])
def test_a_page_size_that_the_shop_caps_in_silence_loses_nothing(open_shop: OpenShop, paging: str) -> None:
    shop, warehouse = open_shop(paging=paging, sort="id", max_page_size=7)
    assert _read_while_writing_then_once_more(shop, warehouse) == []
