"""Writes that keep the books: totals exact to the cent, times in order, children with their parents.

line_amount     = quantity * unit_price - discount_amount
subtotal_amount = sum of the order's line amounts
total_amount    = subtotal - discount + tax + shipping - refunded
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from random import Random

from ecommerce_pipeline.demo import rows
from ecommerce_pipeline.demo.contract import Row
from ecommerce_pipeline.demo.store import Store

CHILDREN = {"customers": ("orders",), "orders": ("order_items", "payments", "deliveries")}


class Ledger:
    """The only writer of a store. The caller holds the store's lock; `at` is the instant of the write."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add_customer(self, rng: Random, at: datetime) -> Row:
        """A new customer."""
        table = self.store.tables["customers"]
        return self._put("customers", rows.customer(rng, table.new_id(), at))

    def add_product(self, rng: Random, at: datetime) -> Row:
        """A new product."""
        table = self.store.tables["products"]
        return self._put("products", rows.product(rng, table.new_id(), at))

    def add_order(self, rng: Random, customer_id: int, lines: int, at: datetime) -> Row:
        """An order with so many lines, a payment and, nine times in ten, a delivery."""
        tables = self.store.tables
        order = rows.order(rng, tables["orders"].new_id(), customer_id, at)
        amounts = []
        for _ in range(lines):
            product = tables["products"].pick(rng) or self.add_product(rng, at)
            line = rows.order_item(rng, tables["order_items"].new_id(), order["id"], product, at)
            amounts.append(self._put("order_items", line)["line_amount"])
        order["subtotal_amount"] = sum(amounts, rows.NOTHING)
        if rng.random() < 0.2:
            order["discount_amount"] = (order["subtotal_amount"] / 20).quantize(rows.NOTHING)
        order["tax_amount"] = (order["subtotal_amount"] / 5).quantize(rows.NOTHING)
        self._put("orders", balanced(order))
        self._put("payments", rows.payment(rng, tables["payments"].new_id(), order, at))
        if rng.random() < 0.9:
            self._put("deliveries", rows.delivery(rng, tables["deliveries"].new_id(), order, at))
        return order

    def add_line(self, rng: Random, order_id: int, product: Row, at: datetime) -> Row:
        """One more line; the order follows."""
        identity = self.store.tables["order_items"].new_id()
        line = self._put("order_items", rows.order_item(rng, identity, order_id, product, at))
        self.settle(order_id, at)
        return line

    def edit(self, resource: str, row: Row, at: datetime, **changes: object) -> Row:
        """Change fields of a live row; `updated_at` moves, and what is computed from the fields follows."""
        changed = {**row, **changes, "updated_at": max(at, row["updated_at"])}
        if resource == "order_items":
            changed = priced(changed)
        if resource == "orders":
            changed = balanced(changed)
        self._put(resource, changed)
        if resource == "order_items":
            for order_id in sorted({row["order_id"], changed["order_id"]}):
                self.settle(order_id, at)
        return changed

    def remove(self, resource: str, row: Row, at: datetime) -> None:
        """Delete a live row and its children; the order of a removed line follows."""
        for child in CHILDREN.get(resource, ()):
            for identity in self.store.tables[child].children(row["id"]):
                self.remove_without_order(child, identity, at)
        self.store.remove(resource, row["id"], at)
        if resource == "order_items":
            self.settle(row["order_id"], at)

    def remove_without_order(self, resource: str, identity: int, at: datetime) -> None:
        """Delete a child whose parent goes as well, so that no total needs to follow."""
        for child in CHILDREN.get(resource, ()):
            for below in self.store.tables[child].children(identity):
                self.remove_without_order(child, below, at)
        self.store.remove(resource, identity, at)

    def settle(self, order_id: int, at: datetime) -> None:
        """Bring an order's totals and `updated_at` in line with its lines, where the order still lives."""
        if not self.store.tables["orders"].live(order_id):
            return
        order = self.store.tables["orders"].rows[order_id]
        lines = self.store.tables["order_items"]
        amounts = [lines.rows[identity]["line_amount"] for identity in lines.children(order_id)]
        subtotal = sum(amounts, rows.NOTHING)
        discount = min(order["discount_amount"], max(subtotal, rows.NOTHING))
        owed = subtotal - discount + order["tax_amount"] + order["shipping_amount"]
        self.edit(
            "orders",
            order,
            at,
            subtotal_amount=subtotal,
            discount_amount=discount,
            refunded_amount=min(order["refunded_amount"], max(owed, rows.NOTHING)),
        )

    def _put(self, resource: str, row: Row) -> Row:
        self.store.put(resource, row)
        return row


def priced(line: Row) -> Row:
    """The line with its amount computed."""
    amount: Decimal = line["quantity"] * line["unit_price"] - line["discount_amount"]
    line["line_amount"] = amount
    return line


def balanced(order: Row) -> Row:
    """The order with its total computed."""
    owed = order["subtotal_amount"] - order["discount_amount"] + order["tax_amount"]
    order["total_amount"] = owed + order["shipping_amount"] - order["refunded_amount"]
    return order
