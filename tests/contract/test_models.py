"""The models answer what the shop's own records answer, to the cent, whatever has happened in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from ecommerce_pipeline.checks.sanity.run import check
from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.transform.build import build
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.models import OPTIONS, SIZES, assert_answers, built_by, loaded_by
from tests.support.warehouse import Warehouse

pytestmark = BY_SQL


@pytest.fixture(autouse=True)
def _no_warning_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_WARN_ERROR", "true")


def _lives(shop: DemoShop, chance: Random, writes: int = 60) -> None:
    for _ in range(writes):
        shop.touch_random(chance)
    for _ in range(10):  # a shop in which parcels arrive, some of them late
        order = chance.choice(shop.truth("orders"))
        for parcel in [found for found in shop.truth("deliveries") if found["order_id"] == order["id"]]:
            arrived = datetime.now(UTC).isoformat()
            shop.update("deliveries", parcel["id"], status="delivered", delivered_at=arrived)


def test_the_models_answer_what_the_shop_s_records_answer_before_and_after_many_changes(
    open_shop: OpenShop, record_property: Callable[[str, object], None]
) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    chance, compared = Random(11), 0
    with shop.serve() as address:
        for _ in range(2):
            loaded_by(warehouse, address)
            built_by(warehouse, address)
            compared += assert_answers(shop, warehouse)
            assert check(warehouse.settings(address, warehouse.profile(tombstone="deleted_at"))).failed == []
            _lives(shop, chance)
    assert compared > 300
    record_property("answers of models compared with the shop's own records", compared)


@pytest.mark.reader
def test_an_incremental_build_after_many_changes_is_what_a_full_one_gives(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    chance = Random(12)
    with shop.serve() as address:
        for _ in range(2):
            loaded_by(warehouse, address)
            built_by(warehouse, address)
            _lives(shop, chance)
            shop.delete("orders", shop.truth("orders")[0]["id"])
        loaded_by(warehouse, address)
        built_by(warehouse, address)
        before = _facts(warehouse)
        assert built_by(warehouse, address, everything=True).sources is None
    assert _facts(warehouse) == before


def _facts(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: warehouse.query(f"SELECT * FROM analytics.{name} ORDER BY 1")
        for name in (
            "fct_orders",
            "fct_order_items",
            "dim_customer",
            "dim_product",
            "fct_payments",
            "fct_deliveries",
        )
    }


@pytest.mark.door("postgres", "snowflake", "snowflake-live")
def test_everything_can_be_read_anew_where_models_hang_on_the_tables(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        loaded_by(warehouse, address)
        built_by(warehouse, address)
        warehouse.run(address, Request(full_refresh=True), profile=warehouse.profile(tombstone="deleted_at"))
        built_by(warehouse, address)
    assert_answers(shop, warehouse)


@pytest.mark.reader
def test_models_are_built_of_what_a_shop_has_without_the_rest(open_shop: OpenShop) -> None:
    """A shop without deliveries, with lines inside their orders, and with personal columns that are dropped."""
    shop, warehouse = open_shop(sizes=SIZES, page_size=40, embed_items=True)
    profile = warehouse.profile(
        resources={
            "deliveries": None,
            "order_items": {"embedded_in": "orders", "embedded_field": "items"},
        }
    )
    private: dict[str, Any] = {
        "personal_dropped": "customers.phone, customers.address",
        "personal_salt": "0123456789abcdef",
    }
    with shop.serve() as address:
        settings = warehouse.settings(address, profile, **private)
        warehouse.run(address, profile=profile, **private)
        built = build(settings)
    assert built.failed == []
    orders = {order["id"] for order in shop.truth("orders")}  # a line comes with its order or not at all
    lines = [line for line in shop.truth("order_items") if line["order_id"] in orders]
    assert warehouse.query("SELECT count(*) FROM analytics.fct_order_items") == [(len(lines),)]
    assert warehouse.query("SELECT count(*) FROM analytics.fct_deliveries") == [(0,)]
    assert warehouse.query("SELECT count(phone), count(country) FROM analytics_staging.stg_customers") == [
        (0, 0)
    ]


@pytest.mark.reader
@pytest.mark.usefixtures("models_alone")
def test_history_keeps_what_a_price_was(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        product = shop.truth("products")[0]
        for price in ("10.01", "10.02"):
            shop.update("products", product["id"], price=price)
            loaded_by(warehouse, address)
            built_by(warehouse, address)
        shop.delete("products", product["id"])
        loaded_by(warehouse, address)
        built_by(warehouse, address)
    spans = warehouse.query(
        "SELECT CAST(price AS DECIMAL(10, 2))::VARCHAR, valid_from < valid_to, is_current"
        f" FROM analytics.dim_product_history WHERE product_id = '{product['id']}' ORDER BY valid_from"
    )
    assert spans == [("10.01", True, False), ("10.02", True, False)]
    assert warehouse.query(
        f"SELECT is_deleted FROM analytics.dim_product WHERE product_id = '{product['id']}'"
    ) == [(True,)]
