"""What most people would write: requests, pandas and duckdb, a cursor, delete and insert.

Usage: script.py ADDRESS DATABASE.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import requests

PAGE_SIZE = 100
MONEY = ("amount", "price")
LISTS = {"customers": "addresses", "orders": "tags", "order_items": None}


def main(address: str, database: str) -> None:
    """Load what changed since the newest row that is there."""
    session = requests.Session()
    with duckdb.connect(database) as warehouse:
        tables = {name for (name,) in warehouse.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        for name, listed in LISTS.items():
            since = _newest(warehouse, name) if name in tables else None
            if rows := list(_rows(session, f"{address}/{name}", since)):
                _store(warehouse, name, listed, rows)


def _newest(warehouse: duckdb.DuckDBPyConnection, name: str) -> str | None:
    found = warehouse.execute(f"SELECT max(updated_at) FROM {name}").fetchone()
    return found[0].isoformat() if found and found[0] else None


def _rows(session: requests.Session, address: str, since: str | None) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        params = {"page": str(page), "page_size": str(PAGE_SIZE)} | (
            {"updated_since": since} if since else {}
        )
        response = session.get(address, params=params, timeout=60)
        response.raise_for_status()
        body = response.json()
        yield from body["data"]
        if page * PAGE_SIZE >= body["total"]:
            return
        page += 1


def _store(
    warehouse: duckdb.DuckDBPyConnection, name: str, listed: str | None, rows: list[dict[str, Any]]
) -> None:
    children = [
        {"parent_id": row["id"], **(child if isinstance(child, dict) else {"value": child})}
        for row in rows
        for child in (row.pop(listed) if listed else [])
    ]
    nested = any(isinstance(value, dict) for value in rows[0].values())
    frame = pd.json_normalize(rows, sep="__") if nested else pd.DataFrame(rows)
    for column in frame.columns:
        if column.endswith("_at"):
            frame[column] = pd.to_datetime(frame[column], format="ISO8601", utc=True)
        elif column.endswith(MONEY):
            frame[column] = pd.to_numeric(frame[column])
    with warehouse.cursor() as work:
        work.begin()
        _merge(work, name, "id", frame, frame["id"])
        if listed:
            _merge(work, f"{name}__{listed}", "parent_id", pd.DataFrame(children), frame["id"])
        work.commit()


def _merge(
    warehouse: duckdb.DuckDBPyConnection, table: str, key: str, frame: pd.DataFrame, parents: pd.Series[int]
) -> None:
    """Replace the rows of these parents."""
    warehouse.register("parents", pd.DataFrame({"id": parents}))
    if not frame.empty:
        warehouse.register("frame", frame)
        warehouse.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM frame LIMIT 0")
    warehouse.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT id FROM parents)")
    if not frame.empty:
        warehouse.execute(f"INSERT INTO {table} BY NAME SELECT * FROM frame")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
