"""Wherever writing into a lake ends, each order is shown with the lists that belong to it, old or new."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.errors import RunFailed
from tests.contract.conftest import OpenShop
from tests.support.doors import opened
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.door("lake", "delta")

FEW = {"customers": 8, "products": 5, "orders": 12}
ROWS = """SELECT o.id, o.status, list(t.value ORDER BY t._dlt_list_idx) FROM ecommerce.orders AS o
    LEFT JOIN ecommerce.orders__tags AS t ON t._dlt_parent_id = o._dlt_id GROUP BY ALL ORDER BY 1"""
NOTES = {
    r"put .*/ecommerce__[\d.]+\.jsonl": "the load's note",
    r"move .*_dlt_loads": "the load's note, to its place",
    r"put .*/ecommerce__[\d.]+__\w+\.jsonl": "the state",
    r"move .*_dlt_pipeline_state": "the state, to its place",
}
WRITES = {
    "lake": {
        r"put .*\.parquet": "rows",
        r"move .*/orders__tags/": "elements, to their place",
        r"move .*/orders/": "rows, to their place",
        **NOTES,
    },
    "delta": {
        "added to .*/orders__tags/": "new elements",
        "merged into .*/orders/": "rows",
        "merged into .*/orders__tags/": "elements that go",
        **NOTES,
    },
}
"""What a load of edited orders writes, by how it is met."""

NEW = {"lake": {"the state", "the state, to its place"}, "delta": {"elements that go", *NOTES.values()}}
"""After which failures the new rows stand already; after all others the old ones do."""


def _edit(shop: DemoShop, number: int) -> None:
    """Three orders change; one gets more tags and one loses all."""
    first, second, third = (row["id"] for row in shop.truth("orders")[:3])
    shop.update("orders", first, tags=[f"try {number}", "more"])
    shop.update("orders", second, tags=[])
    shop.update("orders", third, status=f"try {number}")


def _state(warehouse: Warehouse) -> list[Any]:
    with opened(warehouse.database) as connection:
        return connection.execute(ROWS).fetchall()


@pytest.mark.parametrize("folder_is_lost", [False, True], ids=["folder kept", "folder lost"])
def test_a_load_that_ends_at_any_write_leaves_the_old_rows_or_the_new_and_the_next_run_ends_it(
    request: pytest.FixtureRequest,
    open_shop: OpenShop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    folder_is_lost: bool,
) -> None:
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    monkeypatch.setenv("LOAD__WORKERS", "1")
    door = request.config.getoption("door")
    shop, lake = open_shop(sizes=FEW, invalid_share=0.0)
    with shop.serve() as address:
        lake.run(address)
        before = _state(lake)
        for number, (write, name) in enumerate(WRITES[door].items()):
            _edit(shop, number)
            with lake.door.going_away(1, write) as away, pytest.raises(RunFailed):
                lake.run(address)
            left = _state(lake)
            if folder_is_lost:
                shutil.rmtree(tmp_path / "dlt")
            lake.run(address)
            after = _state(lake)
            assert away
            assert before != after
            assert left == (after if name in NEW[door] else before), f"at {away[0]}"
            assert differences(shop, lake.database) == []
            record_property(f"times a disk failed at {name}", 1)
            before = after
