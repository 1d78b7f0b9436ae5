"""G3: SIGKILL at any moment; after it one undisturbed run of a quiet shop makes the warehouse equal, by no hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from tests.support.processes import in_a_process
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

SIZES = {"customers": 40, "products": 20, "orders": 80}
WRITES = 25
REFRESH = 3
"""Every third run is a full refresh."""


STAGES = (
    *("open_warehouse", "start_from_committed", "step", "keep_position", "prepare_or_forget", "send"),
    *("start_new_jobs", "complete_package", "commit", "_note_seconds"),
)
"""Functions at which one stage of a run ends and the next begins, ours and dlt's."""


def _write(shop: DemoShop) -> None:
    for _ in range(WRITES):
        shop.touch_random()


def _killed(shop: DemoShop, warehouse: Warehouse, kills: int, chance: Random) -> tuple[int, list[str]]:
    """Runs that are killed at random calls, writes before and after each; how many were, and what is wrong then."""
    killed = 0
    found: list[str] = []
    profile = warehouse.profile(page_size=20)
    for number in range(kills):
        work = "refresh" if number % REFRESH == REFRESH - 1 else "load"
        calls = in_a_process(shop, warehouse, profile, work)
        _write(shop)
        killed += in_a_process(shop, warehouse, profile, work, chance.randint(1, calls)) == 0
        _write(shop)
        warehouse.run(shop.start(), checkpoint_rows=150)
        found += differences(shop, warehouse.database)
    return killed, found


def _looked_at(folder: Path) -> subprocess.CompletedProcess[bytes]:
    """What dlt's own command says of the pipeline."""
    return subprocess.run(
        [Path(sys.executable).with_name("dlt"), "pipeline", "ecommerce", "info"],
        cwd=folder,
        env=os.environ | {"PIPELINES__ECOMMERCE__DESTINATION_TYPE": "duckdb"},
        capture_output=True,
        check=False,
    )


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
def test_a_kill_between_two_stages_costs_nothing_and_leaves_a_pipeline_to_look_at(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, int], None],
    stage: str,
) -> None:
    shop = DemoShop(ShopOptions(sizes=SIZES))
    warehouse = Warehouse(tmp_path, shop, monkeypatch)
    profile = warehouse.profile(page_size=20)
    killed, found = 0, []
    try:
        for _ in ("the first load", "a later one"):
            killed += in_a_process(shop, warehouse, profile, "load", stage) == 0
            _write(shop)
            shown = _looked_at(tmp_path)
            warehouse.run(shop.start(), checkpoint_rows=150)
            found += differences(shop, warehouse.database)
            _write(shop)
    finally:
        shop.stop()
    record_property("runs killed between two stages", killed)
    record_property("rows or elements lost, stale or doubled after that", len(found))
    assert (killed, found) == (2, [])
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize(
    ("kills", "seed"), [pytest.param(5, seed, marks=pytest.mark.long) for seed in range(1, 13)]
)
def test_a_kill_at_any_call_costs_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, int], None],
    kills: int,
    seed: int,
) -> None:
    shop = DemoShop(ShopOptions(seed=seed, sizes=SIZES))
    warehouse = Warehouse(tmp_path, shop, monkeypatch)
    try:
        killed, found = _killed(shop, warehouse, kills, Random(seed))
    finally:
        shop.stop()
    record_property("runs killed at a random call", killed)
    record_property("rows or elements lost, stale or doubled after that", len(found))
    assert found == []
    assert killed > 0
