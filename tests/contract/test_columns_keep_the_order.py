"""Of several versions of a row the one counts that counts where each row goes on its own."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.source.columnar import acceptance
from ecommerce_pipeline.source.columnar.judged import Judged
from tests.contract.conftest import OpenShop
from tests.support.paged import Rows, paged_shop
from tests.support.truth import differences
from tests.support.verbatim import ORDER
from tests.support.ways import PAGE_SIZE, compare, ways

pytestmark = pytest.mark.door("duckdb")

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
MARKED = "SELECT count(*), count(_deleted_at) FROM ecommerce.orders"


def _stamp(second: int) -> str:
    return (BEGAN + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _orders(until: int, **more: Any) -> Rows:
    return [
        {**ORDER, "id": number, "updated_at": _stamp(number), **copy.deepcopy(more)}
        for number in range(1, until)
    ]


def test_a_tombstone_marks_the_row_that_came_just_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ways(tmp_path, monkeypatch, ({"tombstone": "gone"}, {}))
    for way in both:
        shop: dict[str, Rows] = {"orders": _orders(3)}
        with paged_shop(shop, PAGE_SIZE) as address:
            way.run(address)
            shop["orders"] += [*_orders(200)[2:], {"id": 150, "updated_at": _stamp(201), "gone": True}]
            way.run(address)
        assert way.warehouse.query(MARKED) == [(199, 1)]


def test_a_tombstone_in_the_first_load_marks_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = ways(tmp_path, monkeypatch, ({"tombstone": "gone"}, {}))
    shop: dict[str, Rows] = {"orders": [*_orders(31), {"id": 10, "updated_at": _stamp(99), "gone": True}]}
    with paged_shop(shop, PAGE_SIZE) as address:
        for way in both:
            way.run(address)
            assert way.warehouse.query(MARKED) == [(30, 1)]


def test_a_row_that_goes_there_and_back_in_one_instant_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _orders(200)
    for row in rows[99:160]:
        row["updated_at"] = _stamp(100)
    there = {**ORDER, "id": 1000, "updated_at": _stamp(100), "status": "there"}
    rows.insert(105, there)
    rows.insert(130, {**there, "status": "away", "note": [1, {"x": 2}]})
    rows.insert(155, there)
    both = ways(tmp_path, monkeypatch)
    with paged_shop({"orders": rows}, PAGE_SIZE) as address:
        compare(both, address)
    assert both[0].warehouse.query("SELECT status FROM ecommerce.orders WHERE id = 1000") == [("there",)]


def test_what_is_set_aside_lands_where_it_lands_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _orders(100, state="paid", status="S", source_status="SS")
    for row in rows[::3]:
        del row["source_status"]
    mapped = {"orders": {"path": "orders", "fields": {"status": "state"}}}
    with paged_shop({"orders": rows}, PAGE_SIZE) as address:
        compare(ways(tmp_path, monkeypatch, ({"resources": mapped}, {})), address)


@pytest.mark.server
def test_what_waits_to_be_judged_together_is_judged_while_nothing_else_can_be_done(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []

    class Noted(Judged):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            judged.append(self.count)

    monkeypatch.setattr(acceptance, "Judged", Noted)
    monkeypatch.setattr(acceptance, "EARLY_ROWS", 40)
    shop, warehouse = open_shop(sizes={"orders": 300}, page_size=20, latency_seconds=0.02)
    with shop.serve() as address:
        warehouse.run(address, Request(resources=("orders",)), connections=2)
    assert differences(shop, warehouse.database, ("orders",)) == []
    assert len(judged) > 1
