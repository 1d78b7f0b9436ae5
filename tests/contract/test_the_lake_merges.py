"""Delta tables of a lake: one row per key, lists of its newest version, whatever became of the load before."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.errors import RunFailed, SettingError
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.shop.window import Window
from tests.conftest import ROOT
from tests.contract.conftest import OpenShop
from tests.support.doors.failing_writes import writes_failing
from tests.support.doors.lake import Lake
from tests.support.truth import differences
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.door("duckdb")

deltalake = pytest.importorskip("deltalake", reason="Delta: pip install -r requirements/lake.txt")

FEW = {"customers": 8, "products": 5, "orders": 12}


@pytest.fixture
def open_lake(open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenShop:
    """Opens a small shop with some options and the lake in a folder that reads it."""

    def opened(**options: Any) -> tuple[DemoShop, Warehouse]:
        shop, warehouse = open_shop(**{"sizes": FEW, "invalid_share": 0.0, **options})
        door = Lake(str(tmp_path / "lake"), tmp_path, "delta")
        return shop, Warehouse(warehouse.folder, shop, monkeypatch, door)

    return opened


def _rows(folder: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = deltalake.DeltaTable(folder / "lake" / table).to_pyarrow_table().to_pylist()
    return rows


def _orphans(folder: Path) -> list[dict[str, Any]]:
    there = {row["_dlt_id"] for row in _rows(folder, "validated/orders")}
    return [tag for tag in _rows(folder, "validated/orders__tags") if tag["_dlt_parent_id"] not in there]


def _edit(shop: DemoShop, number: int) -> None:
    """Two orders change: one gets more tags and one loses all."""
    first, second = (row["id"] for row in shop.truth("orders")[:2])
    shop.update("orders", first, tags=[f"try {number}", "more"])
    shop.update("orders", second, tags=[])


def test_a_list_that_shrinks_leaves_nothing_and_each_key_has_one_row(
    open_lake: OpenShop, tmp_path: Path
) -> None:
    shop, lake = open_lake(invalid_share=0.2)
    with shop.serve() as address:
        lake.run(address)
        _edit(shop, 1)
        lake.run(address)
    orders, refused = _rows(tmp_path, "validated/orders"), _rows(tmp_path, "quarantine")
    assert len({row["id"] for row in orders}) == len(orders) == len(shop.truth("orders"))
    assert len({row["rejected_id"] for row in refused}) == len(refused) > 0
    assert _orphans(tmp_path) == []
    tags = [tag["value"] for tag in _rows(tmp_path, "validated/orders__tags")]
    assert sorted(tags) == sorted(tag for row in shop.truth("orders") for tag in row["tags"])


COMMITS = {
    "elements come": "added to .*orders__tags",
    "rows change": "merged into .*/orders/",
    "old elements go": "merged into .*orders__tags",
    "the load is noted": "_dlt_loads",
}


@pytest.mark.parametrize("commit", COMMITS)
@pytest.mark.parametrize(
    "folder_is_lost",
    [pytest.param(False, marks=pytest.mark.long, id="folder kept"), pytest.param(True, id="folder lost")],
)
def test_what_a_load_leaves_that_ends_before_a_commit_is_gone_after_the_next(
    open_lake: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit: str, folder_is_lost: bool
) -> None:
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    shop, lake = open_lake()
    with shop.serve() as address:
        lake.run(address)
        _edit(shop, 1)
        with writes_failing(1, COMMITS[commit]) as failed, pytest.raises(RunFailed):
            lake.run(address)
        assert failed
        if folder_is_lost:
            shutil.rmtree(tmp_path / "dlt")
        _edit(shop, 2)
        lake.run(address)
    assert _orphans(tmp_path) == []
    assert differences(shop, lake.database) == []


@pytest.mark.parametrize("table", ["orders__tags", "orders"])
def test_a_first_load_that_ends_between_two_tables_is_made_whole_by_the_next(
    open_lake: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    shop, lake = open_lake()
    with shop.serve() as address:
        with writes_failing(1, f"added to .*/{table}/"), pytest.raises(RunFailed):
            lake.run(address)
        lake.run(address)
    assert _orphans(tmp_path) == []
    assert differences(shop, lake.database) == []


def test_of_two_versions_in_one_load_the_newer_one_stands_with_its_list(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = verbatim
    lake = VerbatimWarehouse(warehouse.folder, monkeypatch, Lake(str(tmp_path / "lake"), tmp_path, "delta"))
    older = {**ORDER, "tags": ["old", "older"]}
    shop.put("orders", [older, {**ORDER, "status": "edited", "tags": ["new"]}])
    with shop.serve() as address:
        lake.run(address)
    assert [(row["id"], row["status"]) for row in _rows(tmp_path, "validated/orders")] == [(1, "edited")]
    assert [tag["value"] for tag in _rows(tmp_path, "validated/orders__tags")] == ["new"]


@pytest.mark.parametrize("tables", ["parquet", "delta"])
def test_an_older_version_that_comes_later_replaces_nothing(
    open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: str
) -> None:
    shop, warehouse = open_shop(sizes=FEW, invalid_share=0.0)
    stale, _ = open_shop(sizes=FEW, invalid_share=0.0)
    lake = Warehouse(warehouse.folder, shop, monkeypatch, Lake(str(tmp_path / "lake"), tmp_path, tables))
    _edit(shop, 1)
    with shop.serve() as address, stale.serve() as replica:
        lake.run(address)
        lake.run(replica, Request(window=Window(None, None)))
    assert differences(shop, lake.database) == []


def test_a_column_and_a_list_that_come_later_are_those_of_a_warehouse(
    open_lake: OpenShop, tmp_path: Path
) -> None:
    shop, lake = open_lake()
    first, second = (row["id"] for row in shop.truth("orders")[:2])
    with shop.serve() as address:
        lake.run(address)
        shop.update("orders", first, weight=1.25, gifts=["card", "bow"])
        lake.run(address)
        shop.update("orders", first, weight=None, gifts=["bow"])
        shop.update("orders", second, weight=2.5)
        lake.run(address)
    weights = {row["id"]: row["weight"] for row in _rows(tmp_path, "validated/orders")}
    assert {key: weight for key, weight in weights.items() if weight} == {second: 2.5}
    assert [gift["value"] for gift in _rows(tmp_path, "validated/orders__gifts")] == ["bow"]


def test_money_and_instants_keep_their_types(open_lake: OpenShop, tmp_path: Path) -> None:
    shop, lake = open_lake()
    with shop.serve() as address:
        lake.run(address)
    schema = deltalake.DeltaTable(tmp_path / "lake" / "validated" / "orders").schema().to_json()
    types = {field["name"]: field["type"] for field in json.loads(schema)["fields"]}
    assert (types["total_amount"], types["updated_at"], types["id"]) == ("decimal(38,9)", "timestamp", "long")


def test_a_row_that_the_shop_deletes_stays_marked_with_its_list(open_lake: OpenShop, tmp_path: Path) -> None:
    shop, lake = open_lake(tombstones=True)
    tagged = next(row for row in shop.truth("orders") if row["tags"])
    profile = lake.profile(tombstone="deleted_at")
    with shop.serve() as address:
        lake.run(address, profile=profile)
        shop.delete("orders", tagged["id"])
        lake.run(address, profile=profile)
        lake.run(address, profile=profile)
    (order,) = (row for row in _rows(tmp_path, "validated/orders") if row["id"] == tagged["id"])
    tags = _rows(tmp_path, "validated/orders__tags")
    assert order["_deleted_at"] is not None
    assert {tag["_deleted_at"] for tag in tags if tag["_dlt_parent_id"] == order["_dlt_id"]} == {
        order["_deleted_at"]
    }


@pytest.mark.parametrize("kinds", [("parquet", "delta"), ("delta", "parquet")], ids=" then ".join)
def test_a_lake_of_the_other_kind_is_refused(open_lake: OpenShop, kinds: tuple[str, str]) -> None:
    shop, lake = open_lake()
    with shop.serve() as address:
        lake.run(address, lake_tables=kinds[0])
        with pytest.raises(SettingError, match=f"The lake has {kinds[0]} tables, and .* is '{kinds[1]}'"):
            lake.run(address, lake_tables=kinds[1])


def test_the_tables_of_the_page_are_read_as_it_tells(open_lake: OpenShop) -> None:
    page = (ROOT / "docs" / "lake.md").read_text("utf-8")
    reading, tidying = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    shop, lake = open_lake(invalid_share=0.2)
    found: dict[str, Any] = {}
    with shop.serve() as address:
        lake.run(address)
        _edit(shop, 1)
        lake.run(address)
        exec(reading, found)  # our page
        assert found["orders"].to_table().num_rows == len(shop.truth("orders"))
        assert len(found["tagged"].fetchall()) == sum(len(row["tags"]) for row in shop.truth("orders"))
        assert found["refused"].to_table().num_rows > 0
        exec(tidying, found)  # our page
        _edit(shop, 2)
        lake.run(address)
    assert differences(shop, lake.database) == []
