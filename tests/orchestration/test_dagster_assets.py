"""What Dagster shows: tables, models with their tests, checks, files, alerts; nothing is asked for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.export.tables import TABLES
from ecommerce_pipeline.orchestration.dagster.windows import FOLLOWS
from tests.orchestration.conftest import DG, OpenProject

pytestmark = pytest.mark.scheduler

TICK = """
import json
from datetime import UTC, datetime
from dagster import build_schedule_context
from ecommerce_pipeline.orchestration.dagster.definitions import defs
found = defs().get_repository_def()
at = datetime(2026, 11, 27, 0, 5, tzinfo=UTC)
context = build_schedule_context(scheduled_execution_time=at, repository_def=found)
asked = found.get_schedule_def("hourly_schedule").evaluate_tick(context).run_requests
print(json.dumps([[request.partition_key, request.tags] for request in asked]))
"""

NAMES = """
import json
from dagster import DagsterRun
from ecommerce_pipeline.orchestration.dagster.defs.alerts import _job
days = {"dagster/asset_partition_range_start": "2026-11-01", "dagster/asset_partition_range_end": "2026-11-30"}
asked = (("hourly", {"dagster/partition": "2026-11-01"}), ("__ASSET_JOB", days), ("__ASSET_JOB", {}))
print(json.dumps([_job(DagsterRun(job_name=name, tags=tags)) for name, tags in asked]))
"""


def test_a_run_of_chosen_days_is_told_by_them(open_project: OpenProject) -> None:
    named = open_project("dagster").run(str(Path(DG).with_name("python")), "-c", NAMES)
    assert named.returncode == 0, named.stderr
    names = ["hourly", "chosen assets of 2026-11-01 to 2026-11-30", "chosen assets"]
    assert json.loads(named.stdout) == names


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
    assert {sensor["name"] for sensor in found["sensors"]} == {"tell_of_failure", "tell_of_end"}
    assert shop.requests == [] and not project.database.exists()


def test_each_hour_asks_for_the_day_that_it_is_in_and_follows_the_cursor(open_project: OpenProject) -> None:
    project = open_project("dagster")
    told = project.run(str(Path(DG).with_name("python")), "-c", TICK)
    assert told.returncode == 0, told.stderr
    ((day, tags),) = json.loads(told.stdout.splitlines()[-1])
    assert day == "2026-11-27" and FOLLOWS.items() <= tags.items()
