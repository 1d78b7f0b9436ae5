"""When models are built, of what, and what becomes of a build that fails or ends on the way."""

from __future__ import annotations

import dataclasses
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from ecommerce_pipeline.checks.sanity.run import check
from ecommerce_pipeline.errors import ModelsFailed
from ecommerce_pipeline.load.destination import open_pipeline
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import Built, build, build_new
from tests.conftest import ROOT
from tests.contract.conftest import BY_SQL, EXCLUDED, OpenShop
from tests.support.checked import swept
from tests.support.models import OPTIONS, SIZES, assert_answers, built_by, loaded_by
from tests.support.warehouse import Warehouse

pytestmark = [BY_SQL, pytest.mark.reader, pytest.mark.usefixtures("models_alone")]


def test_only_models_of_what_has_changed_are_built(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        loaded_by(warehouse, address)
        first = built_by(warehouse, address)
        assert first.sources is None and "dim_product" in {node.name for node in first.nodes}
        assert built_by(warehouse, address) == Built(())
        assert build_new(warehouse.settings(address, warehouse.profile(tombstone="deleted_at"))) == Built(())
        shop.update("payments", shop.truth("payments")[0]["id"], method="cash")
        loaded_by(warehouse, address)
        second = built_by(warehouse, address)
        assert second.sources == ("payments",)
        built = {node.name for node in second.nodes}
        assert {"stg_payments", "fct_payments", "payment_mismatches"} <= built
        assert built.isdisjoint({"stg_products", "stg_deliveries", "product_price"})
        with warehouse.connected() as connection:
            connection.execute("DROP TABLE analytics.ledger_differences")
        assert built_by(warehouse, address).sources is None


@pytest.mark.long
def test_a_build_that_did_not_come_is_made_up_for_and_another_service_level_builds_all(
    open_shop: OpenShop,
) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        loaded_by(warehouse, address)
        built_by(warehouse, address)
        shop.update("products", shop.truth("products")[0]["id"], price="1.00")
        loaded_by(warehouse, address)  # killed before the build
        shop.update("payments", shop.truth("payments")[0]["id"], method="cash")
        loaded_by(warehouse, address)
        assert built_by(warehouse, address).sources == ("payments", "products")
        late = "SELECT count(*) FROM analytics_alerts.delayed_orders"
        before = warehouse.query(late)
        assert built_by(warehouse, address, service_level_days=1000.0).sources is None
    assert before[0][0] > 0 and warehouse.query(late) == [(0,)]


@pytest.mark.long
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


@pytest.mark.long
def test_facts_that_stand_twice_are_one_row_after_the_next_build(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        loaded_by(warehouse, address)
        built_by(warehouse, address)
        with warehouse.connected() as connection:
            connection.execute("INSERT INTO analytics.fct_orders SELECT * FROM analytics.fct_orders LIMIT 3")
        shop.update("orders", shop.truth("orders")[5]["id"], status="paid")
        loaded_by(warehouse, address)
        built_by(warehouse, address)
    counts = "SELECT count(*) - count(DISTINCT order_id) FROM analytics.fct_orders"
    assert warehouse.query(counts) == [(0,)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_dbt_ends_with_a_run_that_is_killed_and_the_next_build_goes_on(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        loaded_by(warehouse, address)
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
        assert built_by(warehouse, address).sources is None
    assert_answers(shop, warehouse)


def test_a_build_that_failed_is_told_kept_and_made_again(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(EXCLUDED)
    shop, warehouse = open_shop(**OPTIONS)
    with shop.serve() as address:
        loaded_by(warehouse, address)
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
        assert built_by(warehouse, address).sources is None
    states = warehouse.query("SELECT state, failed <> '' FROM ecommerce.model_builds ORDER BY started_at")
    assert states == [("failed", True), ("built", False)]


@pytest.mark.long
def test_a_dbt_that_is_stopped_on_the_way_is_no_build(open_shop: OpenShop, tmp_path: Path) -> None:
    """As after a signal to dbt alone: it writes the results of what it came to, and tells by its exit code."""
    shop, warehouse = open_shop(**OPTIONS)
    stopped = tmp_path / "stopped" / "bin"
    stopped.mkdir(parents=True)
    real = Path(sys.executable).with_name("dbt")
    (stopped / "dbt").write_text(f'#!/bin/sh\n"{real}" "$@" --select stg_products\nexit 2\n', "utf-8")
    (stopped / "dbt").chmod(0o755)
    with shop.serve() as address:
        loaded_by(warehouse, address)
        settings = warehouse.settings(address, warehouse.profile(tombstone="deleted_at"))
        with pytest.raises(ModelsFailed, match="not built to the end"):
            build(dataclasses.replace(settings, dbt_environment=str(stopped.parent)))
        assert built_by(warehouse, address).sources is None


def test_what_the_models_are_told_is_what_the_settings_say() -> None:
    from ecommerce_pipeline.transform.build import told_to_models

    settings = dataclasses.replace(Settings(), service_level_days=3.5, rejected_share_limit=0.2)
    assert told_to_models(settings) == {
        "service_level_days": 3.5,
        "rejected_share_limit": 0.2,
        "stale_after_hours": 26.0,
    }
