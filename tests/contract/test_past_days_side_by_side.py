"""Past days that are loaded side by side are those that one run after the other loads; the cursor waits for them."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.errors import AnotherRun, SettingError
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.slots import slot
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.window import Window
from tests.conftest import ROOT
from tests.contract.conftest import OpenShop
from tests.support.truth import RESOURCES, changed_between, differences
from tests.support.warehouse import Warehouse

BEGIN, MIDDLE, END = (datetime(2024, month, 1, tzinfo=UTC) for month in (10, 11, 12))


def _started(shop: DemoShop, warehouse: Warehouse, since: datetime, until: datetime) -> subprocess.Popen[str]:
    given = (since.isoformat(), until.isoformat(), shop.start(), str(warehouse.profile()), shop.options.token)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.past_days", *given],
        cwd=warehouse.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.door("postgres", "snowflake")
def test_past_days_that_are_loaded_side_by_side_are_whole_and_the_next_run_adds_the_rest(
    open_shop: OpenShop,
) -> None:
    shop, warehouse = open_shop(latency_seconds=0.02)
    with shop.serve() as address:
        first = Window(BEGIN - timedelta(seconds=1), BEGIN)
        warehouse.run(address, Request(window=first))  # tables are made by one
        both = [_started(shop, warehouse, *days) for days in ((BEGIN, MIDDLE), (MIDDLE, END))]
        for process in both:
            _, said = process.communicate(timeout=300)
            assert process.returncode == 0, said
        for name in RESOURCES:
            found = {key for (key,) in warehouse.query(f"SELECT id FROM ecommerce.{name}")}
            assert found == changed_between(shop, name, BEGIN, END), name
        places = warehouse.folder / "dlt" / "pipelines" / "slots"
        assert sorted(path.name for path in places.iterdir() if path.is_dir()) == ["0", "1"]
        with slot(None, dataclasses.replace(Settings(), parallel_windows=2)):
            warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@pytest.mark.door("duckdb")
def test_a_warehouse_of_one_writer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    window = Window(BEGIN, BEGIN + timedelta(days=1))
    with (
        pytest.raises(SettingError, match="one writer"),
        slot(window, dataclasses.replace(Settings(), parallel_windows=2)),
    ):
        pytest.fail("it was let in")


@pytest.mark.door("duckdb")
def test_what_changes_rows_is_refused_while_past_days_are_loaded(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes={"customers": 3, "products": 3, "orders": 3})
    slots = warehouse.folder / "dlt" / "pipelines" / "slots"
    slots.mkdir(parents=True)
    with shop.serve() as address:
        with FileLock(slots / "0.lock"), pytest.raises(AnotherRun, match="Past days are loaded"):
            warehouse.run(address)
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []
