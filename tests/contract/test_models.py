"""The models answer what the shop's own records answer, to the cent, whatever has happened in between."""

from __future__ import annotations

import dataclasses
import os
import select
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ecommerce_pipeline.checks.sanity.run import check
from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.errors import ModelsFailed
from ecommerce_pipeline.load.destination import open_pipeline
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import Built, build, build_new
from tests.conftest import ROOT
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support import answers
from tests.support.checked import swept
from tests.support.truth import RESOURCES
from tests.support.warehouse import Warehouse

pytestmark = BY_SQL

SIZES = {"customers": 40, "products": 20, "orders": 130}
OPTIONS: dict[str, Any] = {"sizes": SIZES, "page_size": 40, "tombstones": True}


@pytest.fixture(autouse=True)
def _no_warning_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_WARN_ERROR", "true")


def _built(warehouse: Warehouse, address: str, everything: bool = False, **settings: Any) -> Built:
    built = build(
        warehouse.settings(address, warehouse.profile(tombstone="deleted_at"), **settings), everything
    )
    assert built.failed == []
    return built


def _loaded(warehouse: Warehouse, address: str, **settings: Any) -> None:
    warehouse.run(address, profile=warehouse.profile(tombstone="deleted_at"), **settings)


def _lives(shop: DemoShop, chance: Random, writes: int = 60) -> None:
    for _ in range(writes):
        shop.touch_random(chance)
    for _ in range(10):  # a shop in which parcels arrive, some of them late
        order = chance.choice(shop.truth("orders"))
        for parcel in [found for found in shop.truth("deliveries") if found["order_id"] == order["id"]]:
            arrived = datetime.now(UTC).isoformat()
            shop.update("deliveries", parcel["id"], status="delivered", delivered_at=arrived)


def _truth(shop: DemoShop) -> dict[str, list[Any]]:
    return {name: shop.truth(name) for name in RESOURCES}


def _by_key(rows: list[tuple[Any, ...]], keys: int) -> dict[Any, Any]:
    return {
        (row[:keys] if keys > 1 else row[0]): (row[keys:] if len(row) > keys + 1 else row[keys])
        for row in rows
    }


QUESTIONS: dict[str, tuple[int, Callable[[Any], dict[Any, Any]], str]] = {
    "daily revenue": (
        2,
        answers.daily_revenue,
        "SELECT order_date, currency, order_count, revenue_amount, refunded_amount FROM analytics.daily_revenue",
    ),
    "lifetime value": (
        2,
        answers.lifetime_value,
        "SELECT customer_id, currency, order_count, revenue_amount, cohort_month"
        " FROM analytics.customer_lifetime_value",
    ),
    "cohorts": (
        2,
        answers.cohorts,
        "SELECT cohort_month, currency, customer_count, repeat_customer_count, revenue_amount"
        " FROM analytics.customer_cohorts",
    ),
    "products": (
        2,
        answers.product_performance,
        "SELECT product_id, currency, line_count, unit_count, revenue_amount FROM analytics.product_performance",
    ),
    "ledger": (1, answers.unbalanced, "SELECT order_id, difference_amount FROM analytics.ledger_differences"),
    "payments": (
        1,
        answers.payment_differences,
        "SELECT order_id, difference_amount FROM analytics.payment_mismatches",
    ),
    "delays": (
        1,
        lambda truth: answers.delayed(truth, datetime.now(UTC)),
        "SELECT order_id, delay_kind FROM analytics_alerts.delayed_orders",
    ),
}


def _assert_answers(shop: DemoShop, warehouse: Warehouse) -> int:
    """Every answer is the shop's; gives how many there are."""
    truth, compared = _truth(shop), 0
    for name, (keys, answer, query) in QUESTIONS.items():
        expected = answer(truth)
        assert _by_key(warehouse.query(query), keys) == expected, name
        compared += len(expected)
    return compared


def test_the_models_answer_what_the_shop_s_records_answer_before_and_after_many_changes(
    open_shop: OpenShop, record_property: Callable[[str, object], None]
) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    chance, compared = Random(11), 0
    with shop.serve() as address:
        for _ in range(2):
            _loaded(warehouse, address)
            _built(warehouse, address)
            compared += _assert_answers(shop, warehouse)
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
            _loaded(warehouse, address)
            _built(warehouse, address)
            _lives(shop, chance)
            shop.delete("orders", shop.truth("orders")[0]["id"])
        _loaded(warehouse, address)
        _built(warehouse, address)
        before = _facts(warehouse)
        assert _built(warehouse, address, everything=True).sources is None
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


@pytest.mark.reader
def test_only_models_of_what_has_changed_are_built(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        _loaded(warehouse, address)
        first = _built(warehouse, address)
        assert first.sources is None and "dim_product" in {node.name for node in first.nodes}
        assert _built(warehouse, address) == Built(())
        assert build_new(warehouse.settings(address, warehouse.profile(tombstone="deleted_at"))) == Built(())
        shop.update("payments", shop.truth("payments")[0]["id"], method="cash")
        _loaded(warehouse, address)
        second = _built(warehouse, address)
        assert second.sources == ("payments",)
        built = {node.name for node in second.nodes}
        assert {"stg_payments", "fct_payments", "payment_mismatches"} <= built
        assert built.isdisjoint({"stg_products", "stg_deliveries", "product_price"})
        with warehouse.connected() as connection:
            connection.execute("DROP TABLE analytics.ledger_differences")
        assert _built(warehouse, address).sources is None


@pytest.mark.reader
def test_a_build_that_did_not_come_is_made_up_for_and_another_service_level_builds_all(
    open_shop: OpenShop,
) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        _loaded(warehouse, address)
        _built(warehouse, address)
        shop.update("products", shop.truth("products")[0]["id"], price="1.00")
        _loaded(warehouse, address)  # killed before the build
        shop.update("payments", shop.truth("payments")[0]["id"], method="cash")
        _loaded(warehouse, address)
        assert _built(warehouse, address).sources == ("payments", "products")
        late = "SELECT count(*) FROM analytics_alerts.delayed_orders"
        before = warehouse.query(late)
        assert _built(warehouse, address, service_level_days=1000.0).sources is None
    assert before[0][0] > 0 and warehouse.query(late) == [(0,)]


@pytest.mark.reader
def test_what_a_sweep_marks_leaves_the_facts_and_comes_back_with_its_row(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES, page_size=40)
    with shop.serve() as address:
        warehouse.run(address)
        settings = warehouse.settings(address, warehouse.profile())
        assert build(settings).failed == []
        gone = {name: shop.truth(name)[0]["id"] for name in ("orders", "products")}
        for name, key in gone.items():
            shop.delete(name, key)
        swept(warehouse, address, warehouse.profile())
        assert _in_facts(warehouse, settings, gone["orders"]) == 0
        marks = Marks(open_pipeline())
        for name, key in gone.items():  # as the sweep does that finds it in the shop again
            marks.take_back(name, [key])
        assert _in_facts(warehouse, settings, gone["orders"]) == 1
        # The history is whole, so that later builds are too.
        assert build(settings, everything=True).failed == []


def _in_facts(warehouse: Warehouse, settings: Settings, order: int) -> int:
    """How often an order stands in the facts once what has changed is built."""
    built = build_new(settings)
    assert built.failed == [] and {"orders", "products"} <= set(built.sources or ())
    assert [finding for finding in check(settings).failed if finding.name.startswith("models")] == []
    ((count,),) = warehouse.query(f"SELECT count(*) FROM analytics.fct_orders WHERE order_id = '{order}'")
    return int(count)


def test_everything_can_be_read_anew_where_models_hang_on_the_tables(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        _loaded(warehouse, address)
        _built(warehouse, address)
        warehouse.run(address, Request(full_refresh=True), profile=warehouse.profile(tombstone="deleted_at"))
        _built(warehouse, address)
    _assert_answers(shop, warehouse)


@pytest.mark.reader
def test_facts_that_stand_twice_are_one_row_after_the_next_build(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        _loaded(warehouse, address)
        _built(warehouse, address)
        with warehouse.connected() as connection:
            connection.execute("INSERT INTO analytics.fct_orders SELECT * FROM analytics.fct_orders LIMIT 3")
        shop.update("orders", shop.truth("orders")[5]["id"], status="paid")
        _loaded(warehouse, address)
        _built(warehouse, address)
    counts = "SELECT count(*) - count(DISTINCT order_id) FROM analytics.fct_orders"
    assert warehouse.query(counts) == [(0,)]


@pytest.mark.reader
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_dbt_ends_with_a_run_that_is_killed_and_the_next_build_goes_on(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        _loaded(warehouse, address)
        code = (
            "from ecommerce_pipeline.transform.build import build; from ecommerce_pipeline.settings import Settings;"
            "build(Settings(), told=lambda what: print(what, flush=True))"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as run:
            assert run.stdout is not None and "of" in run.stdout.readline()  # dbt is at work
            (child,) = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text("utf-8").split()
            end_of_child = os.pidfd_open(int(child))
            run.kill()
        with open(end_of_child):  # noqa: PTH123  # can be read once the process has ended
            assert select.select([end_of_child], [], [], 20)[0]
        assert _built(warehouse, address).sources is None
    _assert_answers(shop, warehouse)


@pytest.mark.reader
def test_a_build_that_failed_is_told_kept_and_made_again(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        _loaded(warehouse, address)
        with warehouse.connected() as connection:
            connection.execute("ALTER TABLE ecommerce.payments RENAME TO elsewhere")
            connection.execute(
                "CREATE TABLE ecommerce.payments AS SELECT * REPLACE ('much' AS amount) FROM ecommerce.elsewhere"
            )
        settings = warehouse.settings(address, warehouse.profile(tombstone="deleted_at"))
        failed = build(settings)
        assert {node.name for node in failed.failed} == {"not_null_stg_payments_amount"}
        assert "much" in failed.failed[0].message
        assert build_new(settings) == Built((), still_failing=True)
        with warehouse.connected() as connection:
            connection.execute("DROP TABLE ecommerce.payments")
            connection.execute("ALTER TABLE ecommerce.elsewhere RENAME TO payments")
        assert _built(warehouse, address).sources is None
    states = warehouse.query("SELECT state, failed <> '' FROM ecommerce.model_builds ORDER BY started_at")
    assert states == [("failed", True), ("built", False)]


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
def test_history_keeps_what_a_price_was(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        product = shop.truth("products")[0]
        for price in ("10.01", "10.02"):
            shop.update("products", product["id"], price=price)
            _loaded(warehouse, address)
            _built(warehouse, address)
        shop.delete("products", product["id"])
        _loaded(warehouse, address)
        _built(warehouse, address)
    spans = warehouse.query(
        "SELECT CAST(price AS DECIMAL(10, 2))::VARCHAR, valid_from < valid_to, is_current"
        f" FROM analytics.dim_product_history WHERE product_id = '{product['id']}' ORDER BY valid_from"
    )
    assert spans == [("10.01", True, False), ("10.02", True, False)]
    assert warehouse.query(
        f"SELECT is_deleted FROM analytics.dim_product WHERE product_id = '{product['id']}'"
    ) == [(True,)]


@pytest.mark.reader
def test_a_dbt_that_is_stopped_on_the_way_is_no_build(open_shop: OpenShop, tmp_path: Path) -> None:
    """As after a signal to dbt alone: it writes the results of what it came to, and tells by its exit code."""
    shop, warehouse = open_shop(**OPTIONS)
    stopped = tmp_path / "stopped" / "bin"
    stopped.mkdir(parents=True)
    real = Path(sys.executable).with_name("dbt")
    (stopped / "dbt").write_text(f'#!/bin/sh\n"{real}" "$@" --select stg_products\nexit 2\n', "utf-8")
    (stopped / "dbt").chmod(0o755)
    with shop.serve() as address:
        _loaded(warehouse, address)
        settings = warehouse.settings(address, warehouse.profile(tombstone="deleted_at"))
        with pytest.raises(ModelsFailed, match="not built to the end"):
            build(dataclasses.replace(settings, dbt_environment=str(stopped.parent)))
        assert _built(warehouse, address).sources is None


def test_what_the_models_are_told_is_what_the_settings_say() -> None:
    from ecommerce_pipeline.transform.build import told_to_models

    settings = dataclasses.replace(Settings(), service_level_days=3.5, rejected_share_limit=0.2)
    assert told_to_models(settings) == {
        "service_level_days": 3.5,
        "rejected_share_limit": 0.2,
        "stale_after_hours": 26.0,
    }
