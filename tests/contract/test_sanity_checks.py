"""Checks pass on a warehouse that is right, each of them fails on the damage that it is for, and all are kept."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from ecommerce_pipeline.checks.sanity.run import Checked, check, check_new
from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.transform.build import build
from tests.contract.conftest import BY_SQL, OpenShop

pytestmark = [BY_SQL, pytest.mark.usefixtures("models_alone")]

SIZES = {"customers": 40, "products": 20, "orders": 90}
OPTIONS: dict[str, Any] = {"sizes": SIZES, "page_size": 40, "tombstones": True, "invalid_share": 0.03}

DAMAGES: dict[str, tuple[str, str]] = {
    "tables stand": ("deliveries", "DROP TABLE ecommerce.deliveries"),
    "account balances": (
        "orders",
        "UPDATE ecommerce.pipeline_runs SET fetched = fetched + 1 WHERE run_id = (SELECT max(run_id) FROM"
        " ecommerce.pipeline_runs) AND resource = 'orders'",
    ),
    "loaded rows arrived": ("payments", "UPDATE ecommerce.payments SET _run_id = 'another'"),
    "rejected records kept": (
        "orders",
        "INSERT INTO ecommerce.rejected_records BY NAME SELECT 'more' AS rejected_id, 'orders' AS resource,"
        " r.run_id AS _run_id, d._dlt_load_id, 'x' AS _dlt_id FROM ecommerce.orders AS d,"
        " (SELECT max(run_id) AS run_id FROM ecommerce.pipeline_runs) AS r",
    ),
    "one row per key": (
        "products",
        "INSERT INTO ecommerce.products SELECT * FROM ecommerce.products WHERE id = 3",
    ),
    "rows stay": ("customers", "DELETE FROM ecommerce.customers WHERE id > 10"),
    "read lately": (
        "orders",
        "UPDATE ecommerce.pipeline_runs SET finished_at = finished_at - INTERVAL 27 HOUR WHERE resource = 'orders'",
    ),
    "amounts not negative": ("payments", "UPDATE ecommerce.payments SET amount = -0.01 WHERE id = 5"),
    "references hold": (
        "order_items.product_id",
        "DELETE FROM ecommerce.products WHERE id IN (SELECT min(product_id) FROM ecommerce.order_items)",
    ),
    "models agree with rows": ("fct_orders", "DELETE FROM analytics.fct_orders WHERE order_id = '7'"),
    "revenue agrees with orders": (
        "EUR",
        "UPDATE analytics.daily_revenue SET revenue_amount = revenue_amount + 0.000000001",
    ),
}
"""Check -> the subject that fails, and the damage."""


def _failed(checked: Checked) -> set[tuple[str, str]]:
    return {(finding.name, finding.subject) for finding in checked.failed}


@pytest.mark.door("duckdb")
def test_each_check_fails_on_the_damage_that_it_is_for_and_tells_the_subject(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    profile = warehouse.profile(tombstone="deleted_at")
    with shop.serve() as address:
        settings = warehouse.settings(address, profile)
        warehouse.run(address, profile=profile)
        for name in ("orders", "payments"):  # what is checked is the run that came last
            shop.update(name, shop.truth(name)[-1]["id"], status="paid")
        warehouse.run(address, profile=profile)
        assert build(settings).failed == []
    found = check(settings)
    assert found.failed == [] and found.with_models
    assert {finding.name for finding in found.findings} == DAMAGES.keys()
    whole = shutil.copy(warehouse.database, warehouse.folder / "whole.duckdb")
    for name, (subject, damage) in DAMAGES.items():
        shutil.copy(whole, warehouse.database)
        with warehouse.connected() as connection:
            connection.execute(damage)
        assert (name, subject) in _failed(check(settings)), name
        assert (name, subject, "failed") in warehouse.query(
            "SELECT name, subject, state FROM ecommerce.check_results ORDER BY checked_at DESC LIMIT 60"
        )


def test_rows_that_came_while_the_lists_were_read_are_no_orphans_nor_those_of_rejected_rows(
    open_shop: OpenShop,
) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    profile = warehouse.profile(tombstone="deleted_at")
    rejected = {row["id"] for row in shop.invalid("orders")}
    assert [line for line in shop.truth("order_items") if line["order_id"] in rejected]
    with shop.serve() as address:
        settings = warehouse.settings(address, profile)
        warehouse.run(address, profile=profile)
        assert check(settings).failed == []
        order = shop.insert("orders", customer_id=shop.truth("customers")[0]["id"])
        shop.add_line(order["id"])
        later = [name for name in ("order_items", "payments") if shop.truth(name)]
        from ecommerce_pipeline.load.request import Request

        warehouse.run(
            address, Request(tuple(later)), profile=profile
        )  # the order itself comes with the next run
    assert check(settings).failed == []


@pytest.mark.reader
def test_a_run_checks_once_what_it_has_loaded(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        settings = warehouse.settings(address, warehouse.profile())
        warehouse.run(address, profile=warehouse.profile())
        first = check_new(settings)
        assert first is not None and not first.with_models
        assert check_new(settings) is None
        shop.update("products", shop.truth("products")[0]["id"], price="1.00")
        warehouse.run(address, profile=warehouse.profile())
        assert check_new(settings) is not None


@pytest.mark.reader
def test_a_check_can_be_left_out_and_the_shop_s_own_orphans_allowed(open_shop: OpenShop) -> None:
    import dataclasses

    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        settings = warehouse.settings(address, warehouse.profile())
        warehouse.run(address, profile=warehouse.profile())
    with warehouse.connected() as connection:
        connection.execute(
            "DELETE FROM ecommerce.products WHERE id IN (SELECT min(product_id) FROM ecommerce.order_items)"
        )
    orphan = ("references hold", "order_items.product_id")
    assert orphan in _failed(check(settings))
    assert orphan not in _failed(check(dataclasses.replace(settings, orphans_allowed=10_000)))
    assert orphan not in _failed(
        check(dataclasses.replace(settings, checks_skipped="one row per key, references hold"))
    )
    with pytest.raises(SettingError, match="names no check 'reference holds'"):
        check(dataclasses.replace(settings, checks_skipped="reference holds"))


@pytest.mark.reader
def test_before_the_first_load_there_is_nothing_to_check(open_shop: OpenShop) -> None:
    _, warehouse = open_shop(**OPTIONS)
    with pytest.raises(SettingError, match="Nothing was loaded yet"):
        check(warehouse.settings("http://127.0.0.1:9", warehouse.profile()))
