"""Orders that have not arrived in time, from the view `delayed_orders`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import dlt

from ecommerce_pipeline.alerts.event import Finding, Member, instant, shown, text
from ecommerce_pipeline.alerts.kinds import LATE_DELIVERED, LATE_OPEN
from ecommerce_pipeline.alerts.rows import rows_of

TOLD_FOR = timedelta(days=30)
"""An order that arrived late longer ago is no news to anybody."""

STILL_NEWS = """WHERE delivered_at IS NULL OR delivered_at > CAST(%s AS timestamp)
ORDER BY days_late DESC, order_id"""
"""Deliveries that were late pile up for ever: the warehouse hands out those alone that are told."""

COLUMNS = (
    "order_id",
    "customer_id",
    "status",
    "placed_at",
    "due_at",
    "days_late",
    "total_amount",
    "currency",
    "delivered_at",
    "delay_kind",
)


def late_orders(pipeline: dlt.Pipeline, schema: str, now: datetime) -> list[Finding]:
    """Those under way and those that arrived late; nothing where the models are not built.

    Args:
        pipeline: knows the warehouse.
        schema: of the view.
        now: the present instant, UTC.
    """
    oldest = f"{now - TOLD_FOR:%Y-%m-%d %H:%M:%S}"  # models keep instants without a zone
    found = rows_of(pipeline, schema, "delayed_orders", COLUMNS, STILL_NEWS, oldest)
    if found is None:
        return []
    under_way = [row for row in found if row["delivered_at"] is None]
    arrived = [row for row in found if row["delivered_at"] is not None]
    return [
        Finding(LATE_OPEN, tuple(map(_member, under_way))),
        Finding(LATE_DELIVERED, tuple(map(_member, arrived))),
    ]


def _member(row: Mapping[str, Any]) -> Member:
    amount = f"{row['total_amount']:,.2f} {row['currency'] or ''}" if row["total_amount"] is not None else ""
    cells = (
        str(row["order_id"]),
        text(row["customer_id"]),
        text(row["status"]),
        shown(row["placed_at"]),
        shown(row["due_at"]),
        f"{row['days_late']:.1f}",
        amount.strip(),
    )
    return Member(str(row["order_id"]), instant(row["due_at"]), cells)
