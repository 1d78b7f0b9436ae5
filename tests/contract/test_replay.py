"""G4: what was rejected or archived is loaded later as if it had gone well the first time."""

from __future__ import annotations

import gzip
import json
import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.replay.rejected import Quarantined
from ecommerce_pipeline.replay.run import Replayed, replay_archive, replay_rejected
from ecommerce_pipeline.shop.window import Window
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.checked import content, swept
from tests.support.truth import RESOURCES, differences
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse
from tests.support.warehouse import Warehouse

pytestmark = BY_SQL

NOWHERE = "http://127.0.0.1:9"
"""Nobody answers at the port of `discard`: a replay that asks the shop fails."""

RIGHT = {"orders": {"path": "orders", "fields": {"total_amount": "sum"}}}
WRONG = {"orders": {"path": "orders"}}
QUARANTINE = "SELECT record_key FROM ecommerce.rejected_records ORDER BY 1"
SUMS = "SELECT id, total_amount::VARCHAR FROM ecommerce.orders ORDER BY 1"

Row = dict[str, Any]


def _order(key: int, amount: str, second: int = 0) -> Row:
    order = {**ORDER, "id": key, "updated_at": f"2026-01-02T03:04:{second:02}Z", "sum": amount, "tags": ["a"]}
    del order["total_amount"]
    return order


def _rejudge(warehouse: Warehouse, profile: Path, *resources: str) -> Replayed:
    return replay_rejected(Request(resources), warehouse.settings(NOWHERE, profile))


def _replay(warehouse: Warehouse, profile: Path, period: Window | None = None, **settings: Any) -> int:
    """Replay the archive; returns how many rows were loaded."""
    found = warehouse.settings(NOWHERE, profile, archive_address="archive", **settings)
    outcome = replay_archive(Request(window=period), found).outcome
    assert outcome.complete
    return sum(account.loaded for account in outcome.accounts)


def test_rejected_records_are_loaded_once_the_contract_is_mended(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = verbatim
    orders = [_order(1, "1.10"), _order(2, "2.20"), {**_order(3, "3.30"), "status": ""}]
    shop.put("orders", orders)
    with shop.serve() as address:
        warehouse.run(address, profile=warehouse.profile(resources=WRONG))
        other = tmp_path / "well"
        other.mkdir()
        well = VerbatimWarehouse(other, monkeypatch)
        well.run(address, profile=well.profile(resources=RIGHT))
        warehouse.enter(monkeypatch)
    assert warehouse.query(QUARANTINE) == [("1",), ("2",), ("3",)]
    found = _rejudge(warehouse, warehouse.profile(resources=RIGHT))
    assert (found.right, found.wrong) == (2, 1)
    for table in ("orders", "orders__tags"):
        assert content(warehouse, table) == content(well, table)
    assert warehouse.query(QUARANTINE) == [("3",)]
    again = _rejudge(warehouse, warehouse.profile(resources=RIGHT))
    assert (again.right, again.wrong, again.outcome.packages) == (0, 1, [])


@pytest.mark.server
def test_a_newer_version_in_the_warehouse_is_not_overwritten(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    with shop.serve() as address:
        shop.put("orders", [_order(1, "1.00"), _order(2, "2.00", second=9)])
        warehouse.run(address, profile=warehouse.profile(resources=WRONG))
        shop.put("orders", [{**_order(1, "1.50", second=5), "total_amount": "9.99"}])
        warehouse.run(address, profile=warehouse.profile(resources=WRONG))
    right = {"orders": {"path": "orders", "fields": {"total_amount": "sum"}}}
    assert _rejudge(warehouse, warehouse.profile(resources=right)).right == 2
    assert warehouse.query(SUMS) == [(1, "9.990000000"), (2, "2.000000000")]
    assert warehouse.query(QUARANTINE) == []


@pytest.mark.reader
def test_of_several_rejected_versions_the_newest_is_loaded(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    wrong = warehouse.profile(resources=WRONG)
    with shop.serve() as address:
        for amount, second in (("1.00", 1), ("3.00", 3), ("2.00", 2), ("3.50", 3)):
            shop.put("orders", [_order(1, amount, second)])
            warehouse.run(address, profile=wrong)
    assert len(warehouse.query(QUARANTINE)) == 4
    assert _rejudge(warehouse, warehouse.profile(resources=RIGHT)).right == 4
    assert warehouse.query(SUMS) == [(1, "3.500000000")]
    assert warehouse.query("SELECT count(*) FROM ecommerce.orders__tags") == [(1,)]


@pytest.mark.reader
def test_a_line_that_was_refused_inside_its_order_joins_it(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    line = {"product_id": 1, "quantity": 1, "unit_price": "1.00"}
    lines = [
        {**line, "id": 1, "price": "1.00"},
        {**line, "id": 2, "price": "2.00", "unit_price": None},
        {**line, "id": 3, "price": None, "unit_price": None},
    ]
    embedded = {"embedded_in": "orders", "embedded_field": "lines"}
    declared: Row = {"orders": {"path": "orders"}, "order_items": embedded}
    mended: Row = {**declared, "order_items": {**embedded, "fields": {"unit_price": "price"}}}
    shop.put("orders", [{**ORDER, "lines": lines}, {**ORDER, "id": 2, "lines": [{**line, "id": 4}]}])
    with shop.serve() as address:
        first = warehouse.run(address, profile=warehouse.profile(resources=declared)).run_id
    assert warehouse.query(QUARANTINE) == [("2",), ("3",)]
    assert _rejudge(warehouse, warehouse.profile(resources=declared)).right == 0
    found = _rejudge(warehouse, warehouse.profile(resources=mended))
    assert (found.right, found.wrong) == (1, 1)
    assert {a.resource: (a.fetched, a.loaded, a.repeated) for a in found.outcome.accounts if a.fetched} == {
        "orders": (1, 1, 0),
        "order_items": (3, 2, 1),
    }
    lines_now = warehouse.query("SELECT id, order_id FROM ecommerce.orders__order_items ORDER BY id")
    assert lines_now == [(1, 1), (2, 1), (4, 2)]
    assert warehouse.query("SELECT record_key, _run_id FROM ecommerce.rejected_records") == [("3", first)]


@pytest.mark.reader
def test_what_still_breaks_the_contract_is_left_as_it_was(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.2)
    with shop.serve() as address:
        warehouse.run(address)
    before = warehouse.query("SELECT * FROM ecommerce.rejected_records ORDER BY rejected_id")
    found = _rejudge(warehouse, warehouse.profile())
    assert (found.right, found.wrong) == (0, len(before))
    assert warehouse.query("SELECT * FROM ecommerce.rejected_records ORDER BY rejected_id") == before


@pytest.mark.server
def test_a_replay_that_is_stopped_before_its_end_is_finished_by_the_next(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [_order(1, "1.00")])
    with shop.serve() as address:
        warehouse.run(address, profile=warehouse.profile(resources=WRONG))
    right = warehouse.profile(resources=RIGHT)

    def stop(self: Quarantined) -> None:
        raise RuntimeError("stopped")

    with monkeypatch.context() as patched:
        patched.setattr(Quarantined, "forget_resolved", stop)
        with pytest.raises(RuntimeError, match="stopped"):
            _rejudge(warehouse, right)
    assert _rejudge(warehouse, right).right == 1
    assert warehouse.query(SUMS) == [(1, "1.000000000")]
    assert warehouse.query(QUARANTINE) == []


def test_the_archive_alone_brings_a_lost_warehouse_back(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sort="id")
    profile = warehouse.profile()
    with shop.serve() as address:
        warehouse.run(address, profile=profile, archive=True, archive_address="archive")
        for row in shop.truth("orders")[:5]:
            shop.update("orders", row["id"], status="shipped")
        warehouse.run(address, profile=profile, archive=True, archive_address="archive")
        before = {name: content(warehouse, name) for name in (*RESOURCES, "orders__tags")}
        warehouse.door.delete()
        assert _replay(warehouse, profile) > 0
        assert {name: content(warehouse, name) for name in before} == before
        assert warehouse.query("SELECT count(*) > 0 FROM ecommerce.rejected_records") == [(True,)]
        assert _replay(warehouse, profile) == 0
        warehouse.run(address, profile=profile)
    assert differences(shop, warehouse.database) == []


@pytest.mark.reader
def test_only_pages_of_the_period_are_replayed(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile()
    shop.put("orders", [ORDER])
    with shop.serve() as address:
        warehouse.run(address, profile=profile, archive=True, archive_address="archive")
    warehouse.door.delete()
    now = datetime.now(UTC)
    for elsewhere in (Window(since=now + timedelta(minutes=1)), Window(until=now - timedelta(minutes=10))):
        with pytest.raises(SettingError, match=r"The archive at archive has no page of customers, .*--since"):
            _replay(warehouse, profile, elsewhere)
    assert _replay(warehouse, profile, Window(since=now - timedelta(minutes=10))) == 1


@pytest.mark.server
def test_a_row_that_was_deleted_since_stays_deleted(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile()
    with shop.serve() as address:
        shop.put("orders", [ORDER, {**ORDER, "id": 2}])
        warehouse.run(address, profile=profile, archive=True, archive_address="archive")
        shop.put("orders", [{**ORDER, "id": 2}])
        swept(warehouse, address, profile, sweep_max_share=0.5)
    with warehouse.connected() as connection:
        connection.execute("UPDATE ecommerce.orders SET _content_hash = left(_content_hash, 17) || 'other'")
    _replay(warehouse, profile)
    assert warehouse.query("SELECT id FROM ecommerce.orders WHERE _deleted_at IS NOT NULL") == [(1,)]


@pytest.mark.reader
def test_damaged_files_of_the_archive_are_named_and_the_others_loaded(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], caplog: pytest.LogCaptureFixture
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile()
    shop.put("orders", [ORDER])
    with shop.serve() as address:
        warehouse.run(address, profile=profile, archive=True, archive_address="archive")
    warehouse.door.delete()
    [page] = (warehouse.folder / "archive" / "orders").rglob("*.json.gz")
    (page.parent / "000900.json.gz").write_bytes(_page(2) + page.read_bytes()[:-9] + _page(3))
    (page.parent / "000901.json.gz").write_bytes(b"")
    (page.parent / "000902.json.gz").write_bytes(gzip.compress(b"<html>busy</html>"))
    (page.parent / "000903.json.gz.part").write_bytes(page.read_bytes()[:20])
    with caplog.at_level(logging.WARNING):
        assert _replay(warehouse, profile) == 3
    said = [record.getMessage() for record in caplog.records]
    assert sum("is damaged, what is left of it is loaded" in text for text in said) == 2
    assert sum("is no page of rows" in text for text in said) == 1
    assert not any(".part" in text for text in said)


def _page(key: int) -> bytes:
    """As the archive keeps it."""
    return gzip.compress(json.dumps([{**ORDER, "id": key}]).encode())


@pytest.mark.reader
def test_a_replay_leaves_the_cursors_alone(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address, archive=True, archive_address="archive")
        with warehouse.connected() as connection:
            connection.execute("DELETE FROM ecommerce.payments")
        assert _replay(warehouse, warehouse.profile()) > 0
        outcome = warehouse.run(address)
    assert outcome.packages == []
    assert differences(shop, warehouse.database) == []


@pytest.mark.parametrize("seconds", [(5, 5), (5, 0)])
def test_of_two_archived_versions_the_one_that_changed_or_came_later_stays(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], seconds: tuple[int, int]
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile()
    with shop.serve() as address:
        for number, second in enumerate(seconds):
            shop.put(
                "orders", [{**ORDER, "status": f"v{number}", "updated_at": f"2026-01-02T03:04:{second:02}Z"}]
            )
            warehouse.run(address, profile=profile, archive=True, archive_address="archive")
            time.sleep(1.1)  # a run's id tells its second, and by that its pages are put in order
    before = warehouse.query("SELECT status, _run_id FROM ecommerce.orders")
    _replay(warehouse, profile)
    assert warehouse.query("SELECT status, _run_id FROM ecommerce.orders") == before
    warehouse.door.delete()
    _replay(warehouse, profile, checkpoint_rows=1)
    assert warehouse.query("SELECT status FROM ecommerce.orders") == [(before[0][0],)]


def test_a_tombstone_among_the_rejected_records_marks_what_is_loaded_before_it(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    wrong = warehouse.profile(resources=WRONG, tombstone="deleted_at")
    with shop.serve() as address:
        for row in (_order(1, "1.00"), {"id": 1, "deleted_at": "2026-02-03T04:05:06Z"}):
            shop.put("orders", [row])
            warehouse.run(address, profile=wrong)
    found = _rejudge(warehouse, warehouse.profile(resources=RIGHT, tombstone="deleted_at"))
    assert (found.right, found.wrong) == (1, 1)
    assert warehouse.query("SELECT id, _deleted_at IS NOT NULL FROM ecommerce.orders") == [(1, True)]


@pytest.mark.server
def test_an_archived_tombstone_of_a_row_that_came_back_marks_nothing(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile(tombstone="deleted_at")
    with shop.serve() as address:
        for row in (ORDER, {"id": 1, "deleted_at": "2026-02-03T04:05:06Z"}, {**ORDER, "status": "back"}):
            shop.put("orders", [row])
            warehouse.run(address, profile=profile, archive=True, archive_address="archive")
        _replay(warehouse, profile)
    assert warehouse.query("SELECT status, _deleted_at FROM ecommerce.orders") == [("back", None)]
