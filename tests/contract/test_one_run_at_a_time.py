"""G3: a second run beside the first is refused; a warehouse that is open elsewhere is waited for."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from ecommerce_pipeline.errors import AnotherRun, DestinationFailed
from ecommerce_pipeline.load.package import Package
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import run
from ecommerce_pipeline.load.slots import slot
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.shop.window import Window
from tests.conftest import ROOT
from tests.contract.conftest import OpenShop
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

SIZES = {"customers": 10, "products": 5, "orders": 10}

HOLDS_THE_LOCK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ecommerce_pipeline.load.lock import only_run
with only_run(Path(sys.argv[1]), "ecommerce", datetime.now(UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""

HOLDS_THE_FILE = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def _held(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds something; it is killed at the end of the block, if it still lives."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


def _lock_folder(warehouse: Warehouse) -> str:
    return str(warehouse.folder / "dlt" / "pipelines")


def test_a_second_run_beside_the_first_is_refused_and_told_who_holds_the_lock(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address, _held(HOLDS_THE_LOCK, _lock_folder(warehouse)) as holder:
        with pytest.raises(AnotherRun, match=rf"process {holder.pid}, since 20\d\d-.*has written nothing"):
            warehouse.run(address)
        assert not warehouse.door.exists()


def test_the_lock_of_a_run_that_was_killed_is_no_obstacle(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        with _held(HOLDS_THE_LOCK, _lock_folder(warehouse)):
            pass
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


def _as_it_begins_to_read(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Something happens when a run holds all that it holds, before it reads and loads."""
    through = Package.through

    def begins(package: Package) -> list[str]:
        happens()
        return through(package)

    monkeypatch.setattr(Package, "through", begins)


LOCK_OF_SLOT = "pg_try_advisory_lock(hashtext('ecommerce_staging_0'))"
LOCK = "SELECT pg_try_advisory_lock(hashtext('ecommerce'))"


@pytest.mark.door("postgres")
def test_a_database_into_which_somebody_else_loads_is_left_alone(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    door: Any = warehouse.door
    with shop.serve() as address:
        with door.connected() as other:
            assert other.execute(LOCK).fetchall() == [(True,)]
            with pytest.raises(AnotherRun, match=r"from another folder or machine.*has written nothing"):
                warehouse.run(address)
            assert not door.exists()
        free: list[Any] = []

        def ask() -> None:
            with door.connected() as other:
                free.extend(other.execute(LOCK).fetchall())

        _as_it_begins_to_read(monkeypatch, ask)
        warehouse.run(address)
        assert free == [(False,)]
        with door.connected() as other:
            assert other.execute(LOCK).fetchall() == [(True,)]
    assert differences(shop, warehouse.database) == []


@pytest.mark.door("postgres")
def test_a_slot_of_another_folder_that_merges_from_the_same_tables_is_left_alone(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    door: Any = warehouse.door
    past = Window(datetime(2024, 10, 1, tzinfo=UTC), datetime(2024, 11, 1, tzinfo=UTC))
    settings = dataclasses.replace(Settings(), parallel_windows=2)
    with shop.serve() as address, door.connected() as other:
        for name in ("pg_try_advisory_lock_shared(hashtext('ecommerce'))", LOCK_OF_SLOT):
            assert other.execute(f"SELECT {name}").fetchall() == [(True,)]
        with slot(past, settings), pytest.raises(AnotherRun, match="another folder or machine"):
            warehouse.run(address, Request(window=past), parallel_windows=2)
        other.execute("SELECT pg_advisory_unlock(hashtext('ecommerce_staging_0'))")
        with slot(past, settings):
            warehouse.run(address, Request(window=past), parallel_windows=2)
        with pytest.raises(AnotherRun, match="another folder or machine"):
            warehouse.run(address, Request(window=past), parallel_windows=2)


@pytest.mark.door("postgres")
def test_a_run_that_lost_its_lock_loads_nothing_more(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    door: Any = warehouse.door

    def cut_off() -> None:
        with door.connected() as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND datname = current_database()"
            )

    with shop.serve() as address:
        with monkeypatch.context() as patch:
            _as_it_begins_to_read(patch, cut_off)
            with pytest.raises(DestinationFailed, match="that keeps other runs out"):
                warehouse.run(address)
        assert warehouse.query(
            "SELECT count(*) FROM information_schema.tables WHERE table_name = 'orders'"
        ) == [(0,)]
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@pytest.mark.door("duckdb")
def test_a_database_that_is_open_elsewhere_for_long_is_named_with_who_has_it(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address, _held(HOLDS_THE_FILE, warehouse.database) as holder:
        with pytest.raises(DestinationFailed, match=rf"open elsewhere.*PID {holder.pid}.*still after 0 s"):
            warehouse.run(address, destination_wait_seconds=0.0)
        holder.kill()
        holder.wait()
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@pytest.mark.door("duckdb")
def test_a_database_that_is_free_again_in_time_is_loaded(
    open_shop: OpenShop, caplog: pytest.LogCaptureFixture
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address, _held(HOLDS_THE_FILE, warehouse.database) as holder:

        def close_it(seconds: float) -> None:
            holder.kill()
            holder.wait()

        settings = warehouse.settings(address, warehouse.profile())
        outcome = run(Request(), settings, Clocks(sleep=close_it))
    assert outcome.packages
    assert "waiting up to 60 s" in caplog.text


@pytest.mark.door("duckdb")
def test_what_was_fetched_while_the_database_was_taken_is_loaded_by_the_next_run(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address, ExitStack() as held:
        settings = warehouse.settings(address, warehouse.profile(), destination_wait_seconds=0.0)

        def take(accounts: object) -> None:
            held.enter_context(_held(HOLDS_THE_FILE, warehouse.database))

        with pytest.raises(DestinationFailed, match="what was fetched is kept"):
            run(Request(), settings, watch=take)
        held.close()
        outcome = warehouse.run(address)
    assert sum(account.loaded for account in outcome.accounts) == 0
    assert differences(shop, warehouse.database) == []
