"""How large tables lie in a warehouse: what rows are kept together by, as hints of dlt's for columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Layout = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Table -> column -> hints."""

LARGE = ("orders", "order_items")
PARENTS = {
    "customers": "id",
    "products": "id",
    "orders": "id",
    "order_items": "order_id",
    "payments": "order_id",
    "deliveries": "order_id",
}
"""By which column a row lies beside the rows that it is joined with."""


def layout_of(kind: str) -> Layout:
    """The hints for a type of destination; none where rows lie as they came.

    Snowflake keeps large tables clustered by the cursor: rows come in its order, so that hardly anything has to be
    moved, and what runs and checks ask for is a span of it. Redshift spreads rows by their order and sorts them by the
    cursor; what dlt calls `cluster` is its distribution key there.
    """
    if kind == "snowflake":
        return {table: {"updated_at": {"cluster": True}} for table in LARGE}
    if kind == "redshift":
        return {
            table: {"updated_at": {"sort": True}, key: {"cluster": True}} for table, key in PARENTS.items()
        }
    return {}
