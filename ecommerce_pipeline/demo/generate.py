"""The shop on the day it opens: 90 days of customers, products and orders, from a seed."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from ecommerce_pipeline.demo.contract import Row
from ecommerce_pipeline.demo.happenings import line_count
from ecommerce_pipeline.demo.invalid import break_some
from ecommerce_pipeline.demo.ledger import Ledger
from ecommerce_pipeline.demo.options import ShopOptions
from ecommerce_pipeline.demo.store import Store

HISTORY = timedelta(days=90)
_QUIET = timedelta(minutes=1)  # nothing happens just before the opening, so that blocks of equal times fit in
_STATUSES = ("pending", "paid", "shipped", "delivered")


def generate(options: ShopOptions) -> Store:
    """A store with the base data; a pure function of the options."""
    store = Store(options.tombstones, options.embed_items)
    ledger = Ledger(store)
    rng = Random(options.seed)
    with store.many_writes():
        _fill(ledger, options, rng)
        _age(store, options, rng)
        _arrive(store, options)
        _level(store, options)
    break_some(store, options.invalid_share, Random(f"invalid {options.seed}"))
    return store


def _fill(ledger: Ledger, options: ShopOptions, rng: Random) -> None:
    counts = options.counts
    for at in _moments(options, rng, counts.customers, 0.0, 0.9):
        ledger.add_customer(rng, at)
    for at in _moments(options, rng, counts.products, 0.0, 0.1):
        ledger.add_product(rng, at)
    customers = [(row["created_at"], row["id"]) for row in ledger.store.tables["customers"].rows.values()]
    known = 0
    for at in _moments(options, rng, counts.orders, 0.1, 1.0):
        while known < len(customers) and customers[known][0] <= at:
            known += 1
        customer_id = customers[int(rng.random() * known)][1] if known else ledger.add_customer(rng, at)["id"]
        ledger.add_order(rng, customer_id, line_count(rng), at)


def _moments(options: ShopOptions, rng: Random, count: int, start: float, end: float) -> list[datetime]:
    """So many instants in ascending order within a part of the history."""
    first, span = options.opened_at - HISTORY, HISTORY - _QUIET
    shares = sorted(start + rng.random() * (end - start) for _ in range(count))
    return [options.stamp(first + span * share) for share in shares]


def _age(store: Store, options: ShopOptions, rng: Random) -> None:
    """Half of the customers, products and orders were edited since they were made."""
    for resource in ("customers", "products", "orders"):
        for row in list(store.tables[resource].rows.values()):
            if rng.random() < 0.5:
                store.put(resource, _edited(row, options, rng))


def _edited(row: Row, options: ShopOptions, rng: Random) -> Row:
    span = options.opened_at - _QUIET - row["created_at"]
    edited = {
        **row,
        "updated_at": max(row["created_at"], options.stamp(row["created_at"] + span * rng.random())),
    }
    if "placed_at" in row:
        edited["status"] = _STATUSES[int(rng.random() * len(_STATUSES))]
    return edited


def _arrive(store: Store, options: ShopOptions) -> None:
    """Old orders have arrived, nine in ten of them within a week; one in twelve is forgotten."""
    until = options.opened_at - _QUIET
    parcels = store.tables["deliveries"]
    for order in list(store.tables["orders"].rows.values()):
        identity = order["id"]
        slower = 6 if identity % 10 == 3 else 0
        arrived = options.stamp(
            order["created_at"] + timedelta(days=2 + identity % 5 + slower, minutes=identity % 600)
        )
        if identity % 12 == 0 or arrived > until:
            continue
        store.put("orders", {**order, "status": "delivered", "updated_at": max(order["updated_at"], arrived)})
        for parcel in parcels.children(identity):
            known = {"status": "delivered", "tracking_number": f"T{10**9 + parcel}", "updated_at": arrived}
            shipped = options.stamp(order["created_at"] + timedelta(days=1))
            store.put(
                "deliveries",
                {**parcels.rows[parcel], **known, "shipped_at": shipped, "delivered_at": arrived},
            )


def _level(store: Store, options: ShopOptions) -> None:
    """The first rows of each table get one `updated_at`: a bulk edit shortly before the opening."""
    at = options.stamp(options.opened_at - _QUIET / 2).replace(microsecond=0)
    for resource, table in store.tables.items():
        for identity in table.ids[: options.same_second_block]:
            store.put(resource, {**table.rows[identity], "updated_at": at})
