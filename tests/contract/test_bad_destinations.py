"""A warehouse that refuses us is told in one sentence with the cure, and its rows come once it is mended."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.errors import DestinationFailed
from tests.contract.conftest import OpenShop
from tests.support.doors.postgres import PostgresDatabase
from tests.support.doors.snowflake import control
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

GRANT = r"Grant the loader's role what it lacks \(docs/snowflake\.md"
WEAK = "DO $$ BEGIN CREATE ROLE weak LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
NO_RIGHTS = "SQL access control error: Insufficient privileges to operate on"


def _door(warehouse: Warehouse) -> Any:
    """The door with what it alone has."""
    return warehouse.door


def _client(warehouse: Warehouse) -> Any:
    """dlt's client of the warehouse's kind; psycopg2 is not in everybody's environment."""
    if not isinstance(warehouse.door, PostgresDatabase):
        return DuckDbSqlClient
    from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient

    return Psycopg2SqlClient


def _refused_run(warehouse: Warehouse, address: str) -> str:
    with pytest.raises(DestinationFailed) as caught:
        warehouse.run(address)
    said = str(caught.value)
    assert "\n" not in said and "Traceback" not in said
    return said


def _loads_once_mended(shop: DemoShop, warehouse: Warehouse, address: str) -> None:
    warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@pytest.mark.door("snowflake")
@pytest.mark.parametrize(
    ("login", "cure"),
    [
        ({"user": "stranger"}, "Incorrect username or password.* Check it and its credentials under"),
        ({"role": "NOBODY"}, f"Role 'NOBODY'.* {GRANT}"),
    ],
)
def test_a_login_that_is_refused_is_named_before_anything_is_fetched(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, login: dict[str, str], cure: str
) -> None:
    shop, warehouse = open_shop()
    _door(warehouse).enter(monkeypatch, **login)
    with shop.serve() as address:
        assert re.search(cure, _refused_run(warehouse, address))
        warehouse.enter(monkeypatch)
        _loads_once_mended(shop, warehouse, address)


@pytest.mark.door("snowflake")
@pytest.mark.parametrize(
    ("refusal", "cure"),
    [
        ({"refused": [["CREATE SCHEMA", "003001", f"{NO_RIGHTS} database 'RAW'"]]}, GRANT),
        ({"refused": [["CREATE TABLE", "003001", f"{NO_RIGHTS} schema 'ECOMMERCE'"]]}, GRANT),
        ({"refused": [["COPY INTO", "003001", f"{NO_RIGHTS} table stage 'ORDERS'"]]}, GRANT),
        (
            {"refused": [["COPY INTO", "000606", "No active warehouse selected in the current session."]]},
            "may use the warehouse",
        ),
        ({"uploads_refused": True}, "may read and write the stage"),
    ],
)
def test_a_right_that_is_missing_is_named_and_what_was_fetched_is_loaded_once_it_is_granted(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, refusal: dict[str, Any], cure: str
) -> None:
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    shop, warehouse = open_shop()
    server = _door(warehouse).address
    with shop.serve() as address:
        control(server, **refusal)
        try:
            said = _refused_run(warehouse, address)
        finally:
            control(server, away_at=None)
        _loads_once_mended(shop, warehouse, address)
    assert re.search(cure, said), said
    assert "is kept" in said, said


@pytest.mark.door("duckdb")
@pytest.mark.parametrize(
    ("begins", "ours"), [(b"SQLite format 3", False), (b"\0" * 8 + b"DUCK", True), (b"", True)]
)
def test_a_short_file_is_made_anew_only_where_it_is_the_beginning_of_one_of_duckdb(
    open_shop: OpenShop, begins: bytes, ours: bool
) -> None:
    shop, warehouse = open_shop(sizes={"customers": 3, "products": 3, "orders": 3})
    file = warehouse.folder / "raw.duckdb"
    file.write_bytes(begins.ljust(5_000, b"\0"))
    with shop.serve() as address:
        if not ours:
            assert "cannot be opened" in _refused_run(warehouse, address)
            assert file.read_bytes() == begins.ljust(5_000, b"\0")
            file.unlink()
        _loads_once_mended(shop, warehouse, address)


@pytest.mark.door("duckdb", "postgres")
def test_a_load_that_cannot_connect_once_it_has_begun_ends_with_the_reason(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    shop, warehouse = open_shop(sizes={"customers": 3, "products": 3, "orders": 3})
    client = _client(warehouse)
    real = client.open_connection

    def opened(self: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            raise OSError("the server has gone away")
        return real(self)

    with shop.serve() as address:
        with monkeypatch.context() as patch:
            patch.setattr(client, "open_connection", opened)
            assert "the server has gone away" in _refused_run(warehouse, address)
        _loads_once_mended(shop, warehouse, address)


@pytest.mark.door("postgres")
def test_a_user_of_postgres_without_rights_is_named_and_the_rows_are_loaded_once_they_are_granted(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop()
    warehouse.door.make([WEAK])
    with shop.serve() as address:
        _door(warehouse).enter(monkeypatch, user="weak")
        said = _refused_run(warehouse, address)
        warehouse.enter(monkeypatch)
        _loads_once_mended(shop, warehouse, address)
    assert "permission denied for database" in said and "Grant" in said and "is kept" in said, said
