"""Whatever happened to the warehouse or to the local folder, the next run makes the warehouse equal to the shop."""

from __future__ import annotations

import dataclasses
import shutil
from typing import Any

import dlt
import pytest
from dlt.destinations.exceptions import DatabaseTerminalException
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.errors import DestinationFailed, SettingError
from ecommerce_pipeline.load.duckdb import InPlaceJob
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.source.acceptance import Acceptance
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.server

SIZES = {"customers": 20, "products": 10, "orders": 30}
REJECTED = "SELECT rejected_id FROM ecommerce.rejected_records ORDER BY 1"


def _edit(shop: DemoShop, count: int = 3) -> None:
    for order in shop.truth("orders")[:count]:
        shop.update("orders", order["id"], status="edited")


def _fail_once(monkeypatch: pytest.MonkeyPatch, stage: str, error: BaseException) -> None:
    """The next call of a stage of dlt's pipeline ends by an error; what it got so far stays on disk."""
    real = getattr(dlt.Pipeline, stage)

    def failing(self: dlt.Pipeline, *args: Any, **options: Any) -> None:
        monkeypatch.setattr(dlt.Pipeline, stage, real)
        raise error

    monkeypatch.setattr(dlt.Pipeline, stage, failing)


def _stopped_before_loading(shop: DemoShop, warehouse: Warehouse, address: str, patch: Any) -> None:
    """A run that fetched edits and was stopped before it loaded them."""
    _edit(shop)
    _fail_once(patch, "load", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        warehouse.run(address)


def test_what_a_stopped_run_fetched_is_loaded_by_the_next(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        _stopped_before_loading(shop, warehouse, address, monkeypatch)
        outcome = warehouse.run(address)
    assert differences(shop, warehouse.database) == []
    assert sum(account.loaded for account in outcome.accounts) == 0


def test_a_first_load_that_was_stopped_is_finished_by_the_next_run(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        _stopped_before_loading(shop, warehouse, address, monkeypatch)
        outcome = warehouse.run(address)
    assert differences(shop, warehouse.database) == []
    assert sum(account.loaded for account in outcome.accounts) == 0


@pytest.mark.parametrize("waiting", [False, True], ids=["nothing waits", "fetched data waits"])
def test_a_database_that_was_deleted_is_filled_again(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, waiting: bool
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        if waiting:
            _stopped_before_loading(shop, warehouse, address, monkeypatch)
        warehouse.door.delete()
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@pytest.mark.parametrize("waiting", [False, True], ids=["nothing waits", "fetched data waits"])
def test_an_older_database_that_was_put_back_is_brought_up_to_date(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, waiting: bool
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    backup = warehouse.folder / "backup"
    with shop.serve() as address:
        warehouse.run(address)
        shutil.copy(warehouse.database, backup)
        _edit(shop, 5)
        warehouse.run(address)
        if waiting:
            _stopped_before_loading(shop, warehouse, address, monkeypatch)
        shutil.copy(backup, warehouse.database)
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@BY_SQL
@pytest.mark.parametrize("table", ["orders", "orders__tags", "payments", "rejected_records", "pipeline_runs"])
def test_a_table_that_was_dropped_by_hand_comes_back_whole(open_shop: OpenShop, table: str) -> None:
    shop, warehouse = open_shop(sizes=SIZES, invalid_share=0.1)
    with shop.serve() as address:
        warehouse.run(address)
        rejected = warehouse.query("SELECT count(*) FROM ecommerce.rejected_records")
        with warehouse.connected() as connection:
            connection.execute(f"DROP TABLE ecommerce.{table}")
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []
    assert warehouse.query("SELECT count(*) FROM ecommerce.rejected_records") == rejected
    assert warehouse.query("SELECT count(*) > 0 FROM ecommerce.pipeline_runs") == [(True,)]


@BY_SQL
@pytest.mark.parametrize("table", ["_dlt_version", "_dlt_loads", "_dlt_pipeline_state"])
def test_a_table_of_dlt_that_was_dropped_by_hand_stops_no_run(open_shop: OpenShop, table: str) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        with warehouse.connected() as connection:
            connection.execute(f"DROP TABLE ecommerce.{table}")
        _edit(shop)
        warehouse.run(address)
        _edit(shop)
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []
    assert warehouse.query(f"SELECT count(*) > 0 FROM ecommerce.{table}") == [(True,)]


@BY_SQL
def test_a_lost_quarantine_is_not_restored_by_a_part_of_the_resources(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        with warehouse.connected() as connection:
            connection.execute("DROP TABLE ecommerce.rejected_records")
        with pytest.raises(SettingError, match="Run without --resources"):
            warehouse.run(address, Request(resources=("orders",)))


def test_a_lost_folder_is_restored_from_the_warehouse(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        shutil.rmtree(warehouse.folder / "dlt")
        outcome = warehouse.run(address)
    assert sum(account.loaded for account in outcome.accounts) == 0
    assert differences(shop, warehouse.database) == []


@pytest.mark.parametrize("content", ["{", ""])
def test_a_working_folder_that_was_damaged_is_restored_from_the_warehouse(
    open_shop: OpenShop, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        [state] = (warehouse.folder / "dlt").rglob("state.json")
        state.write_text(content)
        _edit(shop)
        warehouse.run(address)
    assert "it is dropped, the warehouse counts" in caplog.text
    assert differences(shop, warehouse.database) == []


@pytest.mark.parametrize("full_refresh", [False, True])
def test_a_package_that_cannot_be_normalised_blocks_no_later_run(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, full_refresh: bool
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        _edit(shop)
        _fail_normalising_always(monkeypatch)
        with pytest.raises(DestinationFailed, match=r"normalize step failed.* cursor has not moved"):
            warehouse.run(address)
        monkeypatch.undo()
        warehouse.enter(monkeypatch)
        warehouse.run(address, Request(full_refresh=full_refresh))
    assert differences(shop, warehouse.database) == []
    failed = "SELECT DISTINCT loaded FROM ecommerce.pipeline_runs WHERE state = 'failed'"
    assert warehouse.query(failed) == [(0,)]


def _fail_normalising_always(monkeypatch: pytest.MonkeyPatch) -> None:
    from dlt.normalize.normalize import Normalize

    def failing(*args: Any, **options: Any) -> None:
        raise ValueError("a value that no column takes")

    monkeypatch.setattr(Normalize, "run", failing)


@pytest.mark.door("duckdb")
def test_another_shop_is_refused_and_nothing_is_written(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        before = warehouse.database.read_bytes()
        with pytest.raises(SettingError, match=r"holds the shop demo at .* settings name second at"):
            warehouse.run(address, profile=warehouse.profile(name="second"))
    assert warehouse.database.read_bytes() == before


@BY_SQL
def test_a_full_refresh_takes_another_shop_and_leaves_no_row_of_the_first(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    second = DemoShop(dataclasses.replace(shop.options, sizes={"customers": 5, "products": 5, "orders": 5}))
    with shop.serve() as address, second.serve() as other:
        warehouse.run(address)
        warehouse.run(other, Request(full_refresh=True), warehouse.profile(name="second"))
    assert differences(second, warehouse.database) == []
    assert warehouse.query("SELECT count(*) FROM ecommerce.orders WHERE id > 5") == [(0,)]


@pytest.mark.door("duckdb")
def test_rows_that_a_warehouse_refuses_for_good_are_read_again_once_it_is_mended(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES, invalid_share=0.0)
    with shop.serve() as address:
        warehouse.run(address)
        with warehouse.connected() as connection:
            # DuckDB checks an index before a transaction ends: to delete and insert a key fails.
            connection.execute("CREATE UNIQUE INDEX guard ON ecommerce.orders(id)")
        _edit(shop)
        with pytest.raises(DestinationFailed, match="load step failed"):
            warehouse.run(address)
        with warehouse.connected() as connection:
            connection.execute("DROP INDEX ecommerce.guard")
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@pytest.mark.door("duckdb")
@pytest.mark.parametrize("table", ["orders", "payments"], ids=["with lists", "without lists"])
def test_a_merge_that_fails_between_delete_and_insert_deletes_nothing(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    real = DuckDbSqlClient.execute_query

    def refused(self: DuckDbSqlClient, query: Any, *arguments: Any, **named: Any) -> Any:
        into = f'INSERT INTO "ecommerce"."{table}"'
        return real(self, str(query).replace(into, into[:-1] + '_nowhere"'), *arguments, **named)

    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        rows = f"SELECT id, status FROM ecommerce.{table} ORDER BY 1"
        before = warehouse.query(rows)
        for record in shop.truth(table)[:3]:
            shop.update(table, record["id"], status="edited")
        with monkeypatch.context() as patch:
            patch.setattr(DuckDbSqlClient, "execute_query", refused)
            with pytest.raises(DestinationFailed, match=rf"load step failed: .*{table}_nowhere"):
                warehouse.run(address)
        assert warehouse.query(rows) == before
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


def _refuse_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the orders fails for good; what other tables got stays."""

    def refused(job: InPlaceJob) -> None:
        if "orders." in job.job_id():
            raise DatabaseTerminalException(ValueError("refused"))

    monkeypatch.setattr(InPlaceJob, "run", refused)


@pytest.mark.door("duckdb")
def test_a_first_load_that_fails_for_good_is_read_again(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        with monkeypatch.context() as patch:
            _refuse_orders(patch)
            with pytest.raises(DestinationFailed, match="load step failed"):
                warehouse.run(address)
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@pytest.mark.door("duckdb")
@pytest.mark.parametrize("resources", [(), ("orders",)], ids=["everything", "orders alone"])
def test_a_full_refresh_that_fails_half_way_is_read_again_and_no_refused_record_is_lost(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, resources: tuple[str, ...]
) -> None:
    shop, warehouse = open_shop(sizes=SIZES, invalid_share=0.2)
    with shop.serve() as address:
        warehouse.run(address)
        rejected = warehouse.query(REJECTED)
        with monkeypatch.context() as patch:
            _refuse_orders(patch)
            with pytest.raises(DestinationFailed, match="load step failed"):
                warehouse.run(address, Request(resources, full_refresh=True))
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []
    assert warehouse.query(REJECTED) == rejected


def test_a_stop_between_reading_and_loading_a_full_refresh_loses_no_refused_record(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes=SIZES, invalid_share=0.2)
    with shop.serve() as address:
        warehouse.run(address)
        rejected = warehouse.query(REJECTED)
        with monkeypatch.context() as patch:
            _stop_reading_payments(patch)
            with pytest.raises(KeyboardInterrupt):
                warehouse.run(address, Request(full_refresh=True))
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []
    assert warehouse.query(REJECTED) == rejected


def _stop_reading_payments(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Acceptance.judge_rows

    def judge_rows(self: Acceptance, endpoint: Endpoint, *rest: Any) -> Any:
        if endpoint.profile.path == "payments":
            raise KeyboardInterrupt
        return real(self, endpoint, *rest)

    monkeypatch.setattr(Acceptance, "judge_rows", judge_rows)


def test_an_interrupted_reading_is_an_interruption_and_no_failure(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        monkeypatch.setattr(Acceptance, "judge_rows", interrupted)
        with pytest.raises(KeyboardInterrupt):
            warehouse.run(address)


@pytest.mark.parametrize("size", [0, 5_000])
def test_a_database_file_whose_making_was_cut_short_is_made_anew(open_shop: OpenShop, size: int) -> None:
    shop, warehouse = open_shop()
    warehouse.database.write_bytes(b"\0" * size)
    with shop.serve() as address:
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@pytest.mark.door("duckdb")
def test_a_file_that_is_no_database_is_named_and_kept(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    warehouse.database.write_bytes(b"somebody's own file " * 1_000)
    with shop.serve() as address, pytest.raises(DestinationFailed, match="not a valid DuckDB database"):
        warehouse.run(address)
    assert warehouse.database.read_bytes().startswith(b"somebody's own file")
