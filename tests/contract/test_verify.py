"""The shop compared with the warehouse: damage is found, named and mended, and nothing else is touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecommerce_pipeline.checks.verify import verify_and_repair
from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.shop.window import Window
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.checked import repaired, verified, wrongly_live
from tests.support.truth import RESOURCES, differences
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse
from tests.support.warehouse import Warehouse

pytestmark = BY_SQL

TABLES = (*RESOURCES, "customers__addresses", "orders__tags", "rejected_records")


def _damage(warehouse: Warehouse, *statements: str) -> None:
    with warehouse.connected() as connection:
        for statement in statements:
            connection.execute(statement)


def _doubled(warehouse: Warehouse, table: str, count: int) -> str:
    """A statement that gives some rows a twin, each with an id of dlt's that is its own."""
    columns = ", ".join(warehouse.rows(f"SELECT * FROM ecommerce.{table} LIMIT 1")[0])
    twins = columns.replace("_dlt_id", "_dlt_id || 'twin'")
    return f"INSERT INTO ecommerce.{table} ({columns}) SELECT {twins} FROM ecommerce.{table} ORDER BY id LIMIT {count}"


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ({}, {}),
        pytest.param(
            {"paging": "offset", "sort": "id", "precision": "second"},
            {"cursor": {"until_param": None}},
            marks=pytest.mark.reader,
        ),
        ({"paging": "cursor", "sort": "-updated_at", "tombstones": True}, {"tombstone": "deleted_at"}),
        pytest.param(
            {"paging": "header_link", "totals": False},
            {"cursor": {"since_param": None, "until_param": None}, "paging": {"total_path": None}},
            marks=pytest.mark.reader,
        ),
        ({"embed_items": True}, {"resources": {"order_items": "embedded"}}),
    ],
)
def test_a_sound_warehouse_does_not_differ(
    open_shop: OpenShop, options: dict[str, Any], changes: dict[str, Any]
) -> None:
    shop, warehouse = open_shop(**options)
    embedded = {"embedded_in": "orders", "embedded_field": "items"}
    if "resources" in changes:
        lists = {name: {"path": name} for name in RESOURCES}
        changes = {"resources": {**lists, "order_items": embedded}}
    profile = warehouse.profile(**changes)
    with shop.serve() as address:
        warehouse.run(address, profile=profile)
        for _ in range(30):
            shop.touch_random()
        warehouse.run(address, profile=profile)
        found = verified(warehouse, address, profile=profile)
    assert {kind for counts in found.values() for kind in counts} <= {"extra"}  # what the shop has deleted
    assert "orders__tags" not in found


@pytest.mark.server
def test_what_changed_since_the_last_run_is_no_difference(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        shop.update("orders", shop.truth("orders")[3]["id"], status="paid")
        shop.insert("products")
        assert verified(warehouse, address) == {}


def test_every_kind_of_damage_is_found_and_mended_and_nothing_else_is_touched(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sort="id")
    orders = [row["id"] for row in shop.truth("orders")]
    tagged = [row["id"] for row in shop.truth("orders") if row["tags"]]
    lost, cut = orders[:7], [key for key in tagged if key not in orders[:7]][:2]
    with shop.serve() as address:
        before = warehouse.run(address).run_id
        orphans = sum(len(row["tags"]) for row in shop.truth("orders") if row["id"] in lost)
        _damage(
            warehouse,
            f"DELETE FROM ecommerce.orders WHERE id IN ({','.join(map(str, lost))})",
            "DELETE FROM ecommerce.orders__tags WHERE _dlt_list_idx = 0 AND _dlt_parent_id IN"
            f" (SELECT _dlt_id FROM ecommerce.orders WHERE id IN ({','.join(map(str, cut))}))",
            _doubled(warehouse, "products", 2),
            "UPDATE ecommerce.payments SET _content_hash = 'other' WHERE id IN"
            " (SELECT id FROM ecommerce.payments LIMIT 3)",
            "UPDATE ecommerce.deliveries SET _deleted_at = now() WHERE id = (SELECT max(id) FROM ecommerce.deliveries)",
            "DELETE FROM ecommerce.rejected_records WHERE resource = 'customers'",
        )
        found = verified(warehouse, address)
        repaired(warehouse, address)
        assert verified(warehouse, address) == {}
        quiet = warehouse.run(address)
    refused = len(shop.invalid("customers"))
    assert found == {
        "orders": {"missing": len(lost)},
        "orders__tags": {"missing": len(cut)} | ({"extra": 1} if orphans else {}),
        "products": {"doubled": 2},
        "payments": {"stale": 3},
        "deliveries": {"stale": 1},
        "rejected_records": {"missing": refused},
    }
    assert differences(shop, warehouse.database) == []
    assert wrongly_live(shop, warehouse) == []
    assert quiet.packages == []
    touched = {
        name: warehouse.query(f"SELECT count(*) FROM ecommerce.{name} WHERE _run_id <> '{before}'")[0][0]
        for name in (*RESOURCES, "rejected_records")
    }
    assert touched == {
        "customers": 0,
        "products": 2,
        "orders": len(lost) + len(cut),
        "order_items": 0,
        "payments": 3,
        "deliveries": 1,
        "rejected_records": refused,
    }


@pytest.mark.server
def test_a_day_deleted_by_hand_comes_back_and_other_days_are_not_loaded_again(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        run_id = warehouse.run(address).run_id
        ((day, count),) = warehouse.query(
            "SELECT date_trunc('day', updated_at), count(*) FROM ecommerce.order_items GROUP BY 1"
            " ORDER BY 2 DESC, 1 LIMIT 1"
        )
        _damage(warehouse, f"DELETE FROM ecommerce.order_items WHERE date_trunc('day', updated_at) = '{day}'")
        window = Request(("order_items",), Window(day, day + timedelta(days=1)))
        elsewhere = Request(("order_items",), Window(day + timedelta(days=1)))
        assert verified(warehouse, address, elsewhere) == {}
        assert verified(warehouse, address, window) == {"order_items": {"missing": count}}
        repaired(warehouse, address, window)
    assert differences(shop, warehouse.database) == []
    assert warehouse.query(f"SELECT count(*) FROM ecommerce.order_items WHERE _run_id <> '{run_id}'") == [
        (count,)
    ]


def test_what_the_shop_has_no_more_is_extra_and_repair_marks_it(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        shop.delete("orders", shop.truth("orders")[0]["id"])
        warehouse.run(address)
        found = verified(warehouse, address)
        repaired(warehouse, address)
        assert verified(warehouse, address) == {}
    assert found["orders"] == {"extra": 1}
    assert wrongly_live(shop, warehouse) == []


@pytest.mark.server
@pytest.mark.parametrize(("trailing_days", "noticed"), [(None, 2), (0.5, 1)])
def test_edits_that_leave_their_time_are_found_in_the_trailing_window(
    open_shop: OpenShop, trailing_days: float | None, noticed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecommerce_pipeline.checks.listing.SLICE_ROWS", 60)
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    shop, warehouse = open_shop(invalid_share=0.0, clock=lambda: an_hour_ago)
    late = shop.insert("orders")["id"]
    shop.change(clock=lambda: datetime.now(UTC))
    shop.insert("orders")
    early = min(shop.truth("orders"), key=lambda row: str(row["updated_at"]))["id"]
    profile = warehouse.profile(cursor={"trailing_days": trailing_days})
    with shop.serve() as address:
        warehouse.run(address, Request(("orders",)), profile)
        for key in (early, late):
            shop.edit_silently("orders", key, status="changed in silence")
        found = verified(warehouse, address, Request(("orders",)), profile)
        repaired(warehouse, address, Request(("orders",), Window(None, None)), profile)
    assert found == {"orders": {"stale": noticed}}
    assert differences(shop, warehouse.database, ("orders",)) == []


def test_a_shop_without_any_filter_is_compared_as_a_whole(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile()
    with shop.serve() as address:
        shop.put(
            "orders",
            [{**ORDER, "id": key, "tags": ["a", "b"], "extra": {"deep": [1, 2]}} for key in (1, 2, 3)],
        )
        warehouse.run(address, profile=profile)
        assert verified(warehouse, address, profile=profile) == {}
        _damage(
            warehouse,
            "DELETE FROM ecommerce.orders WHERE id = 2",
            "DELETE FROM ecommerce.orders__extra__deep WHERE value = 2",
        )
        found = verified(warehouse, address, profile=profile)
        repaired(warehouse, address, profile=profile)
        assert verified(warehouse, address, profile=profile) == {}
    assert found == {
        "orders": {"missing": 1},
        "orders__tags": {"extra": 1},  # the elements of the lost row
        "orders__extra__deep": {"missing": 2, "extra": 1},
    }


def test_there_is_nothing_to_compare_before_the_first_load(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address, pytest.raises(SettingError, match=r"no table customers, .*Run `python"):
        verified(warehouse, address)


@pytest.mark.server
def test_a_key_that_the_shop_has_twice_counts_in_its_newest_version(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile()
    newer = {**ORDER, "status": "newer", "updated_at": "2026-01-02T03:04:09Z"}
    with shop.serve() as address:
        shop.put("orders", [newer, ORDER])
        warehouse.run(address, profile=profile)
        assert verified(warehouse, address, profile=profile) == {}


@pytest.mark.server
def test_what_is_new_right_or_refused_is_no_difference(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile()
    later = {"updated_at": "2026-05-02T03:04:05Z"}
    with shop.serve() as address:
        shop.put("orders", [ORDER])
        warehouse.run(address, profile=profile)
        shop.put("orders", [ORDER, {**ORDER, **later, "id": 2}, {**ORDER, **later, "id": 3, "status": ""}])
        shop.put("customers", [{"id": 1, "email": "a@b.example", **later}])
        assert verified(warehouse, address, profile=profile) == {}


@pytest.mark.server
def test_a_row_past_the_cursor_that_was_loaded_is_missed_when_it_is_lost(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    orders = Request(("orders",))
    with shop.serve() as address:
        late = shop.insert("orders")["id"]
        warehouse.run(address, orders, warehouse.profile(cursor={"lag_seconds": 3600.0}))
        _damage(warehouse, f"DELETE FROM ecommerce.orders WHERE id = {late}")
        shop.change(clock=lambda: datetime.now(UTC) + timedelta(seconds=5))
        shop.insert("orders")
        found = verified(warehouse, address, orders)
    assert found["orders"] == {"missing": 1}


@pytest.mark.server
def test_a_repair_says_whether_all_it_read_is_accounted_for(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address, Request(("payments",)))
        _damage(warehouse, "DELETE FROM ecommerce.payments WHERE id < 5")
        settings = warehouse.settings(address, warehouse.profile())
        verdict = verify_and_repair(Request(("payments",)), settings)
    assert verdict.mended
    assert [run.accounts[0].loaded > 0 for run in verdict.repairs or []] == [True]
