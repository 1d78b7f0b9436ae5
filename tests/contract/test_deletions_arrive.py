"""G5: a row that the shop has deleted is marked and stays; its lists with it; one that comes back is unmarked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.load.notes import Notes
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.shop.window import Window
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.checked import swept
from tests.support.truth import RESOURCES, differences
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse

DELETED = "2026-02-03T04:05:06+00:00"
MARKS = "SELECT id, _deleted_at FROM ecommerce.orders ORDER BY id"
CHILD_MARKS = "SELECT DISTINCT _deleted_at FROM ecommerce.orders__tags"


def _live(shop: Any, name: str) -> set[int]:
    return {row["id"] for row in shop.truth(name)}


@pytest.mark.parametrize("sort", ["updated_at", "id"])
def test_a_tombstone_marks_the_row_and_everything_else_stays_live(open_shop: OpenShop, sort: str) -> None:
    shop, warehouse = open_shop(tombstones=True, invalid_share=0.0, sort=sort)
    profile = warehouse.profile(tombstone="deleted_at")
    with shop.serve() as address:
        warehouse.run(address, profile=profile)
        before = {name: _live(shop, name) for name in RESOURCES}
        shop.delete("customers", shop.truth("customers")[0]["id"])
        shop.delete("orders", shop.truth("orders")[0]["id"])
        line = shop.truth("order_items")[0]
        shop.remove_line(line["order_id"], line["id"])
        warehouse.run(address, profile=profile)
        quiet = warehouse.run(address, profile=profile)
    for name in RESOURCES:
        marked = warehouse.query(f"SELECT id FROM ecommerce.{name} WHERE _deleted_at IS NOT NULL")
        assert {key for (key,) in marked} == before[name] - _live(shop, name)
    assert quiet.packages == []
    assert differences(shop, warehouse.database) == []
    unmarked = """SELECT count(*) FROM ecommerce.orders__tags AS t JOIN ecommerce.orders AS o
        ON o._dlt_id = t._dlt_parent_id WHERE t._deleted_at IS DISTINCT FROM o._deleted_at"""
    assert warehouse.query(unmarked) == [(0,)]


@BY_SQL
def test_a_tombstone_of_nothing_but_a_key_marks_the_row_that_is_there(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile(tombstone="deleted_at")
    shop.put("orders", [{**ORDER, "tags": ["a"]}, {**ORDER, "id": 2, "tags": ["b"]}])
    with shop.serve() as address:
        warehouse.run(address, profile=profile)
        shop.put("orders", [{"id": 1, "deleted_at": DELETED}, {**ORDER, "id": 2, "tags": ["b"]}])
        warehouse.run(address, profile=profile)
        quiet = warehouse.run(address, profile=profile)
    deleted = datetime.fromisoformat(DELETED)
    assert warehouse.query(MARKS) == [(1, deleted), (2, None)]
    assert set(warehouse.query(CHILD_MARKS)) == {(deleted,), (None,)}
    assert quiet.packages == []


@pytest.mark.reader
@pytest.mark.parametrize(
    ("told", "marked"), [(None, False), (False, False), ("", False), (0, False), (True, True), ("gone", True)]
)
def test_a_flag_counts_as_deleted_when_it_is_raised(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], told: Any, marked: bool
) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [{**ORDER, "is_deleted": told}])
    with shop.serve() as address:
        warehouse.run(address, profile=warehouse.profile(tombstone="is_deleted"))
    assert warehouse.query("SELECT _deleted_at = updated_at FROM ecommerce.orders") == [
        (True if marked else None,)
    ]


def test_a_row_that_comes_back_is_unmarked_with_its_lists(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile(tombstone="deleted_at")
    order = {**ORDER, "tags": ["a"]}
    with shop.serve() as address:
        for version in (order, {**order, "deleted_at": DELETED}, {**order, "deleted_at": None}):
            shop.put("orders", [version])
            warehouse.run(address, profile=profile)
    assert warehouse.query(MARKS) == [(1, None)]
    assert warehouse.query(CHILD_MARKS) == [(None,)]


@pytest.mark.server
@BY_SQL
def test_a_re_read_of_tombstones_sends_nothing(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(tombstones=True, invalid_share=0.0)
    profile = warehouse.profile(tombstone="deleted_at")
    with shop.serve() as address:
        shop.delete("orders", shop.truth("orders")[0]["id"])
        warehouse.run(address, profile=profile)
        again = warehouse.run(address, Request(window=Window(None, None)), profile=profile)
    assert again.packages == []


def test_a_row_that_stands_behind_its_own_tombstone_is_live(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [{"id": 1, "deleted_at": DELETED}, ORDER])
    with shop.serve() as address:
        warehouse.run(address, profile=warehouse.profile(tombstone="deleted_at"))
    assert warehouse.query(MARKS) == [(1, None)]


@pytest.mark.server
@BY_SQL
@pytest.mark.parametrize(
    "failing",
    [
        "ecommerce_pipeline.load.package.file_kept_open",
        "ecommerce_pipeline.load.bare_tombstones.Marking.after_load",
    ],
    ids=["before the load", "after the load"],
)
@pytest.mark.parametrize("known", [True, False], ids=["a row of an earlier run", "a row of the same package"])
def test_a_tombstone_of_nothing_but_a_key_survives_a_run_that_fails(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
    monkeypatch: pytest.MonkeyPatch,
    known: bool,
    failing: str,
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile(tombstone="deleted_at")
    shop.put("orders", [{**ORDER, "tags": ["a"]}] if known else [])
    with shop.serve() as address:
        warehouse.run(address, profile=profile)
        bare = {"id": 1, "deleted_at": DELETED}
        others = [{**ORDER, "id": 2}] if known else [{**ORDER, "tags": ["a"]}, {**ORDER, "id": 2}]
        shop.put("orders", [*others, bare])
        with monkeypatch.context() as patch:
            patch.setattr(failing, _away)
            with pytest.raises(DestinationFailed, match="away"):
                warehouse.run(address, profile=profile)
        shop.put("orders", [{**ORDER, "id": 3, "updated_at": "2026-03-02T03:04:05Z"}])
        warehouse.run(address, profile=profile)
    assert warehouse.query(MARKS) == [(1, datetime.fromisoformat(DELETED)), (2, None), (3, None)]
    assert warehouse.query(CHILD_MARKS) == [(datetime.fromisoformat(DELETED),)]


@pytest.mark.server
@BY_SQL
def test_marks_that_models_were_not_told_of_are_not_committed(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(tombstones=False)
    with shop.serve() as address:
        warehouse.run(address)
        gone = shop.truth("orders")[0]["id"]
        shop.delete("orders", gone)
        with monkeypatch.context() as patch:
            patch.setattr(Notes, "insert", _away)
            with pytest.raises(DestinationFailed, match="away"):
                swept(warehouse, address)
        assert warehouse.query("SELECT count(_deleted_at) FROM ecommerce.orders") == [(0,)]
        swept(warehouse, address)
    assert warehouse.query("SELECT id FROM ecommerce.orders WHERE _deleted_at IS NOT NULL") == [(gone,)]
    assert ("orders",) in warehouse.query("SELECT resource FROM ecommerce.mark_changes")


@pytest.mark.reader
@pytest.mark.parametrize("key", [2**70, "\ud800", None, [1]])
def test_a_tombstone_with_a_key_that_no_row_can_have_stops_no_run(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], key: Any
) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [ORDER, {"id": key, "deleted_at": DELETED}])
    with shop.serve() as address:
        outcome = warehouse.run(address, profile=warehouse.profile(tombstone="deleted_at"))
    assert {account.resource: account.rejected_rows for account in outcome.accounts}["orders"] == 1
    assert warehouse.query(MARKS) == [(1, None)]


@pytest.mark.server
@BY_SQL
def test_a_mark_that_was_taken_back_stays_taken_back(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile(tombstone="deleted_at")
    shop.put("orders", [ORDER])
    with shop.serve() as address:
        warehouse.run(address, profile=profile)
        shop.put("orders", [{"id": 1, "deleted_at": DELETED}])
        warehouse.run(address, profile=profile)
        assert warehouse.query("SELECT count(_deleted_at) FROM ecommerce.orders") == [(1,)]
        with warehouse.connected() as connection:
            connection.execute("UPDATE ecommerce.orders SET _deleted_at = NULL")
        shop.put("orders", [])
        warehouse.run(address, profile=profile)
    assert warehouse.query("SELECT count(_deleted_at) FROM ecommerce.orders") == [(0,)]


def _away(*_: Any) -> None:
    raise DestinationFailed("the warehouse is away")
