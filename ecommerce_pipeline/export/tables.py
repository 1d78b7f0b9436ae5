"""What is exported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportedTable:
    """A model whose rows become files.

    Attributes:
        name: of the model and of its folder.
        day: the expression that gives the day of a row, as in the model `export_partitions`.
        key: orders the rows of a day.
    """

    name: str
    day: str
    key: str


TABLES = (
    ExportedTable("fct_orders", "order_date", "order_id"),
    ExportedTable("fct_order_items", "order_date", "order_item_id"),
    ExportedTable("fct_payments", "payment_date", "payment_id"),
    ExportedTable("fct_deliveries", "delivery_date", "delivery_id"),
    ExportedTable("dim_customer", "CAST(created_at AS DATE)", "customer_id"),
    ExportedTable("dim_product", "CAST(created_at AS DATE)", "product_id"),
    ExportedTable("dim_date", "month_start", "date_day"),
)

INTERNAL = ("row_hash",)
"""Columns that are not exported."""
