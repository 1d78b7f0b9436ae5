"""Records that break the contract: the API serves something else than what the shop knows.

The stored row stays right, so the shop can still sort, count and keep its books. The id is always valid.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from ecommerce_pipeline.demo import rows
from ecommerce_pipeline.demo.store import ABSENT, Store


class Breakage(NamedTuple):
    """One way to break a record."""

    kind: str
    field: str
    value: Any


_BAD_UPDATED_AT = Breakage("bad instant", "updated_at", "yesterday")
_BAD_ORDER_ID = Breakage("wrong type", "order_id", "see above")

BREAKAGES: dict[str, tuple[Breakage, ...]] = {
    "customers": (
        Breakage("missing", "email", ABSENT),
        Breakage("null", "email", None),
        Breakage("bad email", "email", "not an address"),
        Breakage("bad instant", "created_at", "yesterday"),
        Breakage("wrong type", "status", 7),
        _BAD_UPDATED_AT,
    ),
    "products": (
        Breakage("missing", "price", ABSENT),
        Breakage("not money", "price", "12,50"),
        Breakage("not money", "price", "NaN"),
        Breakage("not money", "price", ""),
        Breakage("unknown currency", "currency", "??"),
        _BAD_UPDATED_AT,
    ),
    "orders": (
        Breakage("missing", "status", ABSENT),
        Breakage("null", "status", None),
        Breakage("not money", "total_amount", "12,50"),
        Breakage("unknown currency", "currency", "??"),
        Breakage("bad instant", "placed_at", "yesterday"),
        Breakage("wrong type", "customer_id", "a guest"),
        _BAD_UPDATED_AT,
    ),
    "order_items": (
        Breakage("missing", "unit_price", ABSENT),
        Breakage("null", "quantity", None),
        Breakage("negative", "quantity", -1),
        Breakage("not money", "line_amount", "NaN"),
        _BAD_ORDER_ID,
        _BAD_UPDATED_AT,
    ),
    "payments": (
        Breakage("missing", "amount", ABSENT),
        Breakage("null", "status", None),
        Breakage("not money", "amount", ""),
        Breakage("unknown currency", "currency", "??"),
        Breakage("bad instant", "paid_at", "yesterday"),
        _BAD_ORDER_ID,
    ),
    "deliveries": (
        Breakage("missing", "status", ABSENT),
        Breakage("null", "status", None),
        Breakage("bad instant", "promised_at", "yesterday"),
        _BAD_ORDER_ID,
        _BAD_UPDATED_AT,
    ),
}


def break_one(store: Store, resource: str, identity: int, rng: Random) -> None:
    """From now on this record is served with one field that breaks the contract."""
    breakage = rows.pick(rng, BREAKAGES[resource])
    store.tables[resource].overrides[identity] = {breakage.field: breakage.value}


def break_some(store: Store, share: float, rng: Random) -> None:
    """Break about this share of each table's records, at least one if the share is not 0."""
    for resource, table in store.tables.items():
        chosen = [identity for identity in table.ids if rng.random() < share]
        if share > 0 and table.ids and not chosen:
            chosen = [table.ids[int(rng.random() * len(table.ids))]]
        for identity in chosen:
            break_one(store, resource, identity, rng)
