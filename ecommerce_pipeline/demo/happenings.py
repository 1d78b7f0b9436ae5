"""What happens in a shop: ordinary writes of all kinds, each drawn from one generator."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from datetime import datetime
from itertools import accumulate
from random import Random

from ecommerce_pipeline.demo import rows
from ecommerce_pipeline.demo.ledger import Ledger

Happening = Callable[[Ledger, Random, datetime], None]


def new_customer(ledger: Ledger, rng: Random, at: datetime) -> None:
    """Somebody registers."""
    ledger.add_customer(rng, at)


def new_order(ledger: Ledger, rng: Random, at: datetime) -> None:
    """An order of one to four or five lines, 2.7 on average, by a known or a new customer."""
    customer = ledger.store.tables["customers"].pick(rng) or ledger.add_customer(rng, at)
    ledger.add_order(rng, customer["id"], line_count(rng), at)


def line_count(rng: Random) -> int:
    """1 to 5, on average 2.7."""
    return rows.pick(rng, (1, 1, 2, 2, 2, 3, 3, 4, 4, 5))


def edit_order(ledger: Ledger, rng: Random, at: datetime) -> None:
    """The next step in an order's life; payment and delivery follow."""
    order = ledger.store.tables["orders"].pick(rng)
    if order is None:
        return new_order(ledger, rng, at)
    if order["status"] == "pending":
        ledger.edit("orders", order, at, status="paid" if rng.random() < 0.9 else "cancelled")
    elif order["status"] == "paid":
        ledger.edit("orders", order, at, status="shipped")
        _move_parcels(ledger, rng, order["id"], at, "shipped")
    elif order["status"] == "shipped":
        ledger.edit("orders", order, at, status="delivered")
        _move_parcels(ledger, rng, order["id"], at, "delivered")
    elif order["status"] == "delivered" and rng.random() < 0.1:
        _refund(ledger, order["id"], at)
    else:
        ledger.edit("orders", order, at, tags=[f"note {rows.number(rng, 1, 999)}"])
    return None


def _move_parcels(ledger: Ledger, rng: Random, order_id: int, at: datetime, status: str) -> None:
    table = ledger.store.tables["deliveries"]
    for identity in table.children(order_id):
        number = table.rows[identity]["tracking_number"] or f"T{rows.number(rng, 10**9, 10**10 - 1)}"
        changes = {"status": status, "tracking_number": number, f"{status}_at": at}
        ledger.edit("deliveries", table.rows[identity], at, **changes)


def _refund(ledger: Ledger, order_id: int, at: datetime) -> None:
    order = ledger.store.tables["orders"].rows[order_id]
    refunded = order["refunded_amount"] + max(order["total_amount"], rows.NOTHING)
    ledger.edit("orders", order, at, status="refunded", refunded_amount=refunded)
    table = ledger.store.tables["payments"]
    for identity in table.children(order_id):
        ledger.edit("payments", table.rows[identity], at, status="refunded")


def edit_customer(ledger: Ledger, rng: Random, at: datetime) -> None:
    """A move: the address changes, the list of addresses grows or becomes empty."""
    customer = ledger.store.tables["customers"].pick(rng)
    if customer is None:
        return new_customer(ledger, rng, at)
    address = {**rows.address(rng), "geo": customer["address"]["geo"] if customer["address"] else None}
    listed = [] if rng.random() < 0.3 else [*customer["addresses"][:2], {"kind": "new", **rows.address(rng)}]
    ledger.edit("customers", customer, at, address=address, addresses=listed)
    return None


def change_price(ledger: Ledger, rng: Random, at: datetime) -> None:
    """Another price from now on; lines that were sold keep theirs."""
    product = ledger.store.tables["products"].pick(rng)
    if product is None:
        ledger.add_product(rng, at)
    else:
        ledger.edit("products", product, at, price=rows.cents(rows.number(rng, 100, 20000)))


def change_quantity(ledger: Ledger, rng: Random, at: datetime) -> None:
    """Another quantity on a line; its discount never exceeds its price."""
    line = ledger.store.tables["order_items"].pick(rng)
    if line is None:
        return new_order(ledger, rng, at)
    quantity = rows.number(rng, 1, 9)
    discount = min(line["discount_amount"], quantity * line["unit_price"])
    ledger.edit("order_items", line, at, quantity=quantity, discount_amount=discount)
    return None


def one_more_line(ledger: Ledger, rng: Random, at: datetime) -> None:
    """A line is added to an order."""
    order = ledger.store.tables["orders"].pick(rng)
    product = ledger.store.tables["products"].pick(rng)
    if order is None or product is None:
        return new_order(ledger, rng, at)
    ledger.add_line(rng, order["id"], product, at)
    return None


def remove_line(ledger: Ledger, rng: Random, at: datetime) -> None:
    """A line is removed from its order, perhaps the last one."""
    line = ledger.store.tables["order_items"].pick(rng)
    if line is None:
        return new_order(ledger, rng, at)
    return ledger.remove("order_items", line, at)


def delete_order(ledger: Ledger, rng: Random, at: datetime) -> None:
    """An order goes, with lines, payment and delivery."""
    order = ledger.store.tables["orders"].pick(rng)
    if order is None:
        return new_order(ledger, rng, at)
    return ledger.remove("orders", order, at)


def delete_customer(ledger: Ledger, rng: Random, at: datetime) -> None:
    """A customer goes, with all orders."""
    customer = ledger.store.tables["customers"].pick(rng)
    if customer is None:
        return new_customer(ledger, rng, at)
    return ledger.remove("customers", customer, at)


class Mix:
    """Happenings with their weights."""

    def __init__(self, weights: dict[Happening, int]) -> None:
        self._happenings = list(weights)
        self._bounds = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> Happening:
        """One of them, by its weight."""
        return self._happenings[bisect(self._bounds, rng.random() * self._bounds[-1])]


ORDINARY_LIFE = Mix(
    {
        new_order: 170,
        edit_order: 640,
        edit_customer: 40,
        new_customer: 30,
        change_price: 40,
        one_more_line: 20,
        remove_line: 30,
        delete_order: 29,
        delete_customer: 1,
    }
)
"""Mostly new orders and steps in their lives, now and then a deletion."""

BUSY = Mix(
    {
        new_order: 30,
        edit_order: 25,
        edit_customer: 6,
        change_price: 4,
        change_quantity: 10,
        one_more_line: 5,
        remove_line: 10,
        delete_order: 9,
        delete_customer: 1,
    }
)
"""A shop in which all kinds of writes are frequent, to try readers on."""
