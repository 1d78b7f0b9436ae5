"""Rows that name another row which is not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ecommerce_pipeline.checks.results import Finding
from ecommerce_pipeline.checks.sanity.questions import Questions
from ecommerce_pipeline.checks.sanity.raw import LastRun
from ecommerce_pipeline.source.quarantine import TABLE as QUARANTINE

REFERENCES = (
    ("orders", "customer_id", "customers"),
    ("order_items", "order_id", "orders"),
    ("order_items", "product_id", "products"),
    ("payments", "order_id", "orders"),
    ("deliveries", "order_id", "orders"),
)
"""Child, its column, parent."""


def references_hold(
    ask: Questions, runs: list[LastRun], present: list[str], allowed: int
) -> Iterator[Finding]:
    """Every row that is named is there, or it is known why not: it was rejected and stands in the quarantine, or it is
    younger than the reading of its list, and comes with the next run.

    Args:
        ask: the warehouse.
        runs: tell how far each list was read.
        present: tables that are there.
        allowed: how many orphans the shop itself has, in each table.
    """
    read_until = {run.resource: run.cursor_after for run in runs}
    for child, column, parent in REFERENCES:
        if child not in present or parent not in present:
            continue
        orphans = _orphans(ask, child, column, parent, read_until.get(parent))
        yield Finding(
            "references hold",
            f"{child}.{column}",
            orphans <= allowed,
            f"{orphans:,} without a row of {parent}",
            f"at most {allowed:,}" if allowed else "none",
        )


def _orphans(ask: Questions, child: str, column: str, parent: str, read_until: datetime | None) -> int:
    """How many live rows name a row that is neither there nor explained."""
    query = (
        f"SELECT count(*) FROM {ask.raw(child)} AS c LEFT JOIN {ask.raw(parent)} AS p ON p.id = c.{column}"  # noqa: S608
        f" WHERE c._deleted_at IS NULL AND c.{column} IS NOT NULL AND p.id IS NULL AND NOT EXISTS (SELECT 1 FROM"
        f" {ask.raw(QUARANTINE)} AS r WHERE r.resource = %s AND r.record_key = CAST(c.{column} AS VARCHAR))"
    )
    values: list[Any] = [parent]
    if read_until is not None:
        query += " AND c.updated_at < %s"
        values.append(read_until)
    return ask.number(query, *values)
