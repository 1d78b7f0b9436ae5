"""Wherever writing into a lake ends, each order is shown with the lists that belong to it, old or new."""

from __future__ import annotations

import contextlib
import re
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
MOST = 40

WRITES = {"lake": 10, "delta": 8}
"""How many there are in the load of an edit of orders; a new one is to be looked at here."""


def _edit(shop: DemoShop, number: int) -> None:
    """Three orders change; one gets more tags and one loses all."""
    first, second, third = (row["id"] for row in shop.truth("orders")[:3])
    shop.update("orders", first, tags=[f"try {number}", "more"])
    shop.update("orders", second, tags=[])
    shop.update("orders", third, status=f"try {number}")


def _state(warehouse: Warehouse) -> list[Any]:
    with opened(warehouse.database) as connection:
        return connection.execute(ROWS).fetchall()


def _named(write: str) -> str:
    """What is written, without the accidental parts of names."""
    named = re.search(r"_dlt_\w+|orders__tags|orders|pipeline_runs|ecommerce__", write)
    return f"{write.partition(' ')[0]} {named.group() if named else 'rows'}".replace("ecommerce__", "a note")


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
    shop, lake = open_shop(sizes=FEW, invalid_share=0.0)
    met = []
    with shop.serve() as address:
        lake.run(address)
        before = _state(lake)
        for number in range(1, MOST):
            _edit(shop, number)
            with lake.door.going_away(number, "") as away, contextlib.suppress(RunFailed):
                lake.run(address)
            left = _state(lake)
            if folder_is_lost:
                shutil.rmtree(tmp_path / "dlt")
            lake.run(address)
            after = _state(lake)
            assert differences(shop, lake.database) == []
            if not away:
                break
            assert left in (before, after), f"torn at {away[0]}"
            met.append(f"{_named(away[0])} and the {'old' if left == before else 'new'} rows stood")
            assert before != after
            before = after
    assert len(met) == WRITES[request.config.getoption("door")], met
    for write in met:
        record_property(f"times a disk failed at {write}", 1)
