"""A DuckDB file with the tables of another warehouse, read by its own driver and by none of the pipeline's code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot

from tests.support.doors import opened

Ask = Callable[[str], Sequence[Sequence[Any]]]

TYPES: dict[str, pa.DataType] = {
    "integer": pa.int64(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "double precision": pa.float64(),
    "float": pa.float64(),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
    "timestamp_tz": pa.timestamp("us", "UTC"),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp_ntz": pa.timestamp("us"),
    "date": pa.date32(),
}
COLUMNS = """
    SELECT table_schema, table_name, column_name, data_type, numeric_precision, numeric_scale
    FROM information_schema.columns WHERE lower(table_schema) IN
        ('ecommerce', 'ecommerce_staging', 'analytics', 'analytics_alerts', 'analytics_history')
    ORDER BY table_schema, table_name, ordinal_position
"""


def mirrored(file: Path, ask: Ask) -> Path:
    """Copy all tables of the two datasets.

    Args:
        file: of the copy; made anew.
        ask: gives the rows of a query.
    """
    file.unlink(missing_ok=True)
    tables: dict[tuple[str, str], list[tuple[str, pa.DataType]]] = {}
    for schema, table, column, kind, precision, scale in ask(COLUMNS):
        tables.setdefault((schema, table), []).append((column, _type(kind, precision, scale)))
    with opened(file) as copy:
        for (schema, table), columns in tables.items():
            names = ", ".join(f'"{name}"' for name, _ in columns)
            rows = ask(f'SELECT {names} FROM "{schema}"."{table}"')
            _write(copy, f"{schema.lower()}.{table.lower()}", columns, rows)
    return file


def _type(kind: str, precision: int | None, scale: int | None) -> pa.DataType:
    kind = kind.lower()
    if kind in ("number", "numeric", "decimal"):
        return pa.decimal128(precision or 38, scale or 0) if scale else pa.int64()
    return TYPES.get(kind, pa.string())


def _write(
    copy: duckdb.DuckDBPyConnection, table: str, columns: list[tuple[str, pa.DataType]], rows: Sequence[Any]
) -> None:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [
        pa.array([_plain(value) for value in column], kind)
        for column, (_, kind) in zip(values, columns, strict=True)
    ]
    found = pa.table(arrays, names=[name.lower() for name, _ in columns])  # noqa: F841  # named in the statement
    copy.execute(f"CREATE SCHEMA IF NOT EXISTS {table.partition('.')[0]}")
    copy.execute(f"CREATE TABLE {table} AS SELECT * FROM found")


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


class Translated:
    """A connection that takes statements in DuckDB's dialect."""

    def __init__(self, cursor: Any, dialect: str) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A statement with `?` for its parameters."""
        (translated,) = sqlglot.transpile(sql, read="duckdb", write=self._dialect)
        self._cursor.execute(re.sub(r"\?", "%s", translated), tuple(parameters))
        return self._cursor
