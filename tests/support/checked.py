"""Sweeps and comparisons of a test's warehouse, and what stands in it afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecommerce_pipeline.checks.sweep import Swept, sweep
from ecommerce_pipeline.checks.verify import Verdict, verify, verify_and_repair
from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.load.request import Request
from tests.support.doors import opened
from tests.support.truth import RESOURCES
from tests.support.warehouse import Warehouse

BOOKS = {
    "rejected_records": """SELECT rejected_id, resource, record_key, rules, reasons, raw, parent_raw
        FROM ecommerce.rejected_records ORDER BY ALL""",
    "pipeline_runs": """SELECT resource, state, loaded, rejected, deleted
        FROM ecommerce.pipeline_runs ORDER BY ALL""",
}


def swept(
    warehouse: Warehouse, address: str, profile: Path | None = None, *resources: str, **settings: Any
) -> dict[str, Swept]:
    """A sweep; what it found, by resource."""
    found = sweep(Request(resources), warehouse.settings(address, profile or warehouse.profile(), **settings))
    return {item.resource: item for item in found}


def verified(
    warehouse: Warehouse, address: str, request: Request | None = None, profile: Path | None = None
) -> dict[str, dict[str, int]]:
    """A comparison; the counts of what differs, by table, without tables that do not differ."""
    return counts(verify(request or Request(), warehouse.settings(address, profile or warehouse.profile())))


def repaired(
    warehouse: Warehouse, address: str, request: Request | None = None, profile: Path | None = None
) -> dict[str, dict[str, int]]:
    """The same with repair."""
    settings = warehouse.settings(address, profile or warehouse.profile())
    return counts(verify_and_repair(request or Request(), settings))


def counts(verdict: Verdict) -> dict[str, dict[str, int]]:
    """What differs, by table."""
    return {
        found.table: {kind: count for kind, count in found.counts.items() if count}
        for found in verdict.tables
        if found.any
    }


def wrongly_live(shop: DemoShop, warehouse: Warehouse) -> list[str]:
    """Rows that stand live and the shop has not, and rows of the shop that are marked as deleted."""
    found = []
    for name in RESOURCES:
        there = {row["id"] for row in [*shop.truth(name), *shop.invalid(name)]}
        rows = warehouse.query(f"SELECT id, _deleted_at FROM ecommerce.{name}")
        found += [f"{name} {key} is gone and live" for key, at in rows if at is None and key not in there]
        found += [f"{name} {key} stands and is marked" for key, at in rows if at and key in there]
    return found


def content(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    """The rows of a table without what tells of the run that brought them."""
    with opened(warehouse.database) as connection:
        return _content(connection, table)


def contents(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """The same of all tables of records and of their lists."""
    with opened(warehouse.database) as connection:
        return {
            table: _content(connection, table)
            for table in (*RESOURCES, "customers__addresses", "orders__tags")
        }


def books(warehouse: Warehouse) -> dict[str, list[Any]]:
    """The refused records and the accounts, without what depends on the time and the name of a run."""
    with opened(warehouse.database) as connection:
        return {table: connection.execute(query).fetchall() for table, query in BOOKS.items()}


def _content(connection: Any, table: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM ecommerce.{table}")
    names = [column[0] for column in cursor.description]
    kept = [number for number, name in enumerate(names) if not name.startswith("_") or name == "_deleted_at"]
    rows = [{names[number]: row[number] for number in kept} for row in cursor.fetchall()]
    return sorted(rows, key=lambda row: str(sorted(row.items())))
