"""G3: SIGKILL at any moment; after it one undisturbed run of a quiet shop makes the warehouse equal, by no hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from tests.conftest import ROOT
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

SIZES = {"customers": 40, "products": 20, "orders": 80}
WRITES = 25
REFRESH = 3
"""Every third run is a full refresh."""


def _run(shop: DemoShop, warehouse: Warehouse, *refresh: str, after: int = 0) -> int:
    """A run in a process of its own; how many calls it made, 0 where it was killed at the call `after`."""
    profile = str(warehouse.profile(page_size=20))
    arguments = [str(after), shop.start(), profile, shop.options.token, *refresh]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    return int(done.stdout.splitlines()[-1]) if done.returncode == 0 else 0


def _killed(shop: DemoShop, warehouse: Warehouse, kills: int, chance: Random) -> tuple[int, list[str]]:
    """Runs that are killed at random calls, writes before and after each; how many were, and what is wrong then."""
    killed = 0
    found: list[str] = []
    for number in range(kills):
        refresh = ("refresh",) if number % REFRESH == REFRESH - 1 else ()
        calls = _run(shop, warehouse, *refresh)
        for _ in range(WRITES):
            shop.touch_random()
        killed += _run(shop, warehouse, *refresh, after=chance.randint(1, calls)) == 0
        for _ in range(WRITES):
            shop.touch_random()
        warehouse.run(shop.start(), checkpoint_rows=150)
        found += differences(shop, warehouse.database)
    return killed, found


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
