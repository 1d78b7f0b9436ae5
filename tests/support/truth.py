"""The warehouse compared with the shop's own truth, row by row, children included.

What is expected is worked out here from the shop's JSON alone, by none of the pipeline's code.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ecommerce_pipeline.demo import DemoShop

RESOURCES = ("customers", "products", "orders", "order_items", "payments", "deliveries")
CHILDREN = {"customers": ("addresses",), "orders": ("tags",)}
MONEY = {
    *("price", "unit_price", "line_amount", "amount", "quantity"),
    *(
        "subtotal_amount",
        "discount_amount",
        "tax_amount",
        "shipping_amount",
        "refunded_amount",
        "total_amount",
    ),
}

Row = dict[str, Any]


def changed_between(shop: DemoShop, resource: str, begin: datetime, end: datetime) -> set[Any]:
    """The keys of rows that the shop has changed last in a span of time, UTC, its end left out."""
    moments = ((row["id"], datetime.fromisoformat(row["updated_at"])) for row in shop.truth(resource))
    return {key for key, moment in moments if begin <= moment < end}


def differences(shop: DemoShop, database: Path, resources: Iterable[str] = RESOURCES) -> list[str]:
    """Every row that the warehouse lacks, has stale or has twice; rows deleted in the shop may stand."""
    found: list[str] = []
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name in resources:
            found.extend(_table_differences(connection, name, shop.truth(name)))
    return found


def _table_differences(connection: duckdb.DuckDBPyConnection, name: str, truth: list[Row]) -> list[str]:
    rows = _rows(connection, f"SELECT * FROM ecommerce.{name}")
    by_id: dict[Any, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row["id"], []).append(row)
    found = [f"{name} {key}: {len(group)} rows" for key, group in by_id.items() if len(group) > 1]
    children = {child: _children(connection, name, child) for child in CHILDREN.get(name, ())}
    parents = {row["_dlt_id"] for row in rows}
    for child, by_parent in children.items():
        found += [f"{name} {child}: orphans of {parent}" for parent in by_parent if parent not in parents]
    for record in truth:
        group = by_id.get(record["id"])
        if group is None:
            found.append(f"{name} {record['id']}: missing")
        else:
            found.extend(_row_differences(name, record, group[0], children))
    return found


def _row_differences(
    name: str, record: Row, row: Row, children: dict[str, dict[str, list[Row]]]
) -> list[str]:
    found = []
    for column, expected in flattened(record).items():
        got = row.get(column)
        if got != expected:
            found.append(f"{name} {record['id']}.{column}: got {got!r}, expected {expected!r}")
    for child, by_parent in children.items():
        expected_rows = [
            flattened(item if isinstance(item, dict) else {"value": item}) for item in record[child] or []
        ]
        got_rows = [
            {key: item.get(key) for key in expected}
            for item, expected in zip(by_parent.get(row["_dlt_id"], []), expected_rows, strict=False)
        ]
        count = len(by_parent.get(row["_dlt_id"], []))
        if got_rows != expected_rows or count != len(expected_rows):
            found.append(f"{name} {record['id']}.{child}: got {got_rows} ({count}), expected {expected_rows}")
    return found


def flattened(record: Row, prefix: str = "") -> Row:
    """The record's scalars as the warehouse should hold them, nested objects joined by `__`."""
    flat: Row = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat.update(flattened(value, f"{prefix}{name}__"))
        elif not isinstance(value, list):
            flat[f"{prefix}{name}"] = _value(name, value)
    return flat


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(value).astimezone(UTC)
    return Decimal(str(value)) if name in MONEY else value


def _children(connection: duckdb.DuckDBPyConnection, name: str, child: str) -> dict[str, list[Row]]:
    rows = _rows(
        connection, f"SELECT * FROM ecommerce.{name}__{child} ORDER BY _dlt_parent_id, _dlt_list_idx"
    )
    by_parent: dict[str, list[Row]] = {}
    for row in rows:
        by_parent.setdefault(row["_dlt_parent_id"], []).append(row)
    return by_parent


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [{name: _utc(value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
