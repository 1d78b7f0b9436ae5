"""Warehouses that the contract tests run on: each is entered, looked at and changed in the same way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pytest
from dlt.destinations.exceptions import DatabaseTransientException

COLUMNS = """
    SELECT lower(table_name), lower(column_name), data_type, numeric_precision, numeric_scale, is_nullable
    FROM information_schema.columns
    WHERE lower(table_schema) = 'ecommerce'
        AND lower(table_name) NOT IN ('_dlt_loads', '_dlt_version', '_dlt_pipeline_state')
    ORDER BY 1, 2
"""


class Door(Protocol):
    """One warehouse of a test's own.

    Attributes:
        settings: what it wants of the pipeline's.
    """

    settings: Mapping[str, Any]

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Name it in the pipeline's configuration."""

    def database(self) -> Path:
        """A DuckDB file with all that is in it now."""

    def connected(self) -> Any:
        """A block in which it can be changed, by statements in DuckDB's dialect."""

    def make(self, statements: Sequence[str]) -> None:
        """Execute statements in the warehouse's own dialect."""

    def columns(self) -> list[Any]:
        """The columns of tables that are not dlt's own, as the warehouse tells them."""

    def exists(self) -> bool:
        """Whether anything was ever written into it."""

    def delete(self) -> None:
        """Remove it with all that it holds."""

    def going_away(self, at: int, pattern: str) -> Any:
        """A block in which the warehouse goes away at a statement, the `at`th that matches; gives a list that has that
        statement afterwards.
        """


@contextmanager
def opened(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file that shows instants in UTC."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


class DuckDbFile:
    """A file in a test's folder."""

    settings: Mapping[str, Any] = {}

    def __init__(self, folder: Path) -> None:
        self._file = folder / "raw.duckdb"

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PIPELINES__ECOMMERCE__DESTINATION_TYPE", "duckdb")
        monkeypatch.setenv("DESTINATION__RAW__CREDENTIALS", str(self._file))

    def database(self) -> Path:
        return self._file

    def connected(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return opened(self._file)

    def make(self, statements: Sequence[str]) -> None:
        with self.connected() as connection:
            for statement in statements:
                connection.execute(statement)

    def columns(self) -> list[Any]:
        with self.connected() as connection:
            return connection.execute(COLUMNS).fetchall()

    def exists(self) -> bool:
        return self._file.exists()

    def delete(self) -> None:
        self._file.unlink()

    def going_away(self, at: int, pattern: str) -> Any:
        from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

        return client_going_away(DuckDbSqlClient, at, pattern)


@contextmanager
def client_going_away(client: Any, at: int, pattern: str) -> Iterator[list[str]]:
    """From the `at`th statement that matches on, the client of a warehouse reaches it no more.

    Args:
        client: dlt's class.
        at: counts from 1.
        pattern: of statements.
    """
    reached, met, away = client.execute_query, 0, []

    @contextmanager
    def execute_query(self: Any, query: Any, *arguments: Any, **named: Any) -> Iterator[Any]:
        nonlocal met
        met += re.search(pattern, str(query), re.IGNORECASE) is not None
        if met >= at:
            away.append(str(query))
            raise DatabaseTransientException(ConnectionError("the warehouse is away"))
        with reached(self, query, *arguments, **named) as cursor:
            yield cursor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "execute_query", execute_query)
        yield away
