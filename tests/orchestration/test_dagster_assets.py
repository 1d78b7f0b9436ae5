"""What Dagster shows: tables, models with their tests, checks, files, alerts; nothing is asked for it."""

from __future__ import annotations

import json

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.export.tables import TABLES
from tests.orchestration.conftest import DG, OpenProject

pytestmark = pytest.mark.scheduler


def test_tables_models_files_and_alerts_are_assets_and_to_know_them_asks_neither_shop_nor_warehouse(
    open_project: OpenProject, shop: DemoShop
) -> None:
    project = open_project("dagster")
    told = project.run(DG, "list", "defs", "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assets = {asset["asset_key"]: asset for asset in found["assets"]}

    raw = {"customers", "customers__addresses", "orders", "orders__tags", "order_items", "rejected_records"}
    assert {f"ecommerce/{table}" for table in raw} <= set(assets)
    assert assets["ecommerce/orders__tags"]["dependency_keys"] == ["ecommerce/orders"]
    assert "ecommerce/orders" in assets["stg_orders"]["dependency_keys"]
    assert {"dlt", "duckdb"} <= set(assets["ecommerce/orders"]["kinds"])
    assert assets["fct_orders"]["group_name"] == "marts"
    assert {f"files/{table.name}" for table in TABLES} <= set(assets)
    assert {"delayed_orders", "ecommerce/check_results"} <= set(
        assets["ecommerce/alert_events"]["dependency_keys"]
    )

    checks = {check["name"] for check in found["asset_checks"]}
    assert {"unique_fct_orders_order_id", "account_balances"} <= checks and len(checks) > 150
    assert {job["name"] for job in found["jobs"]} == {"hourly", "verify", "sweep"}
    assert {schedule["name"] for schedule in found["schedules"]} == {
        *("hourly_schedule", "verify_nightly", "sweep_nightly")
    }
    assert [sensor["name"] for sensor in found["sensors"]] == ["tell_of_failure"]
    assert shop.requests == [] and not project.database.exists()
