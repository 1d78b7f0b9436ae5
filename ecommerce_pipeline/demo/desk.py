"""Writes by hand, for tests: any field, also values that break the contract."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from ecommerce_pipeline.demo import rows
from ecommerce_pipeline.demo.contract import FIELDS, Field, Row, keeps, money, stored, wire_form
from ecommerce_pipeline.demo.ledger import Ledger, balanced, priced

_COMPUTED = {"orders": ("subtotal_amount", "total_amount"), "order_items": ("line_amount",)}
_NEVER_NULL = (
    "discount_amount",
    "tax_amount",
    "shipping_amount",
    "refunded_amount",
    "customer_id",
    "order_id",
)


class Desk:
    """Takes fields as a person writes them. The caller holds the store's lock."""

    def __init__(self, ledger: Ledger, rng: Random) -> None:
        self._ledger = ledger
        self._tables = ledger.store.tables
        self._rng = rng

    def insert(self, resource: str, at: datetime, fields: dict[str, Any]) -> int:
        """Add a record and return its id; fields that are not given are made up, parents picked or made.

        An order begins without lines, payment and delivery. `created_at` and `updated_at` may be given;
        otherwise both are `at`.

        Raises:
            ValueError: see `update`; or the id is taken.
        """
        identity = fields.get("id") or self._tables[resource].new_id()
        if identity in self._tables[resource].rows:
            raise ValueError(f"There is a record with id {identity} in {resource}. Leave `id` out.")
        right, wrong = _sorted_out(resource, fields)
        row = {**self._blank(resource, identity, right, at), **right, "id": identity}
        if "updated_at" not in right:
            row["updated_at"] = max(at, row["created_at"])
        self._ledger.store.put(resource, _computed(resource, row))
        self._tables[resource].overrides[identity] = wrong
        if resource == "order_items":
            self._ledger.settle(row["order_id"], at)
        return int(identity)

    def update(self, resource: str, identity: int, at: datetime, fields: dict[str, Any]) -> None:
        """Change fields. `updated_at` becomes `at` unless it is given.

        A value that breaks the contract, or `ABSENT`, is served from now on while the shop keeps the right
        one; a later valid value for the same field mends the record. An unknown field is kept as it is.

        Raises:
            KeyError: there is no such live record.
            ValueError: a valid value for an amount that the shop computes itself, or a new id.
        """
        row = self._live(resource, identity)
        if fields.get("id", identity) != identity:
            raise ValueError("A record keeps its id. Delete it and insert another one.")
        right, wrong = _sorted_out(resource, fields)
        moment = right.pop("updated_at", None)
        changed = self._ledger.edit(resource, row, at, **right)
        if moment is not None:
            self._ledger.store.put(resource, {**changed, "updated_at": moment})
        overrides = self._tables[resource].overrides
        kept = {name: value for name, value in overrides.get(identity, {}).items() if name not in fields}
        overrides[identity] = {**kept, **wrong}

    def delete(self, resource: str, identity: int, at: datetime) -> None:
        """Delete a record and its children.

        Raises:
            KeyError: there is no such live record.
        """
        self._ledger.remove(resource, self._live(resource, identity), at)

    def _live(self, resource: str, identity: int) -> Row:
        if not self._tables[resource].live(identity):
            raise KeyError(f"There is no live record with id {identity} in {resource}.")
        return self._tables[resource].rows[identity]

    def _blank(self, resource: str, identity: int, given: dict[str, Any], at: datetime) -> Row:
        """A made-up record that fits the parents that are given."""
        rng = self._rng
        if resource == "customers":
            return rows.customer(rng, identity, at)
        if resource == "products":
            return rows.product(rng, identity, at)
        if resource == "orders":
            customer_id = given.get("customer_id") or self._some("customers", at)["id"]
            return rows.order(rng, identity, customer_id, at)
        order = self._tables["orders"].rows.get(given.get("order_id", 0)) or self._some("orders", at)
        if resource == "order_items":
            product = self._tables["products"].rows.get(given.get("product_id", 0)) or self._some(
                "products", at
            )
            return {
                **rows.order_item(rng, identity, order["id"], product, at),
                "discount_amount": rows.NOTHING,
            }
        make = rows.payment if resource == "payments" else rows.delivery
        return make(rng, identity, order, at)

    def _some(self, resource: str, at: datetime) -> Row:
        """A random live record; the first one is made where there is none."""
        found = self._tables[resource].pick(self._rng)
        return found or self._tables[resource].rows[self.insert(resource, at, {})]


def _sorted_out(resource: str, fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values to store, and those to serve against the contract."""
    right: dict[str, Any] = {}
    wrong: dict[str, Any] = {}
    for name, given in fields.items():
        field = FIELDS[resource].get(name)
        as_number = field is not None and field.kind == "money" and isinstance(given, int | float)
        value = money(given) if as_number else given
        if field is None:
            right[name] = value
        elif not _usable(name, field, value):
            wrong[name] = value
        elif name in _COMPUTED.get(resource, ()):
            raise ValueError(f"`{name}` is computed by the shop. Set what it is computed from.")
        else:
            right[name] = money(value) if field.kind == "money" else stored(field, value)
    return right, wrong


def _usable(name: str, field: Field, value: Any) -> bool:
    """Whether the shop can store the value and still keep its books."""
    return keeps(field, wire_form(value)) and not (value is None and name in _NEVER_NULL)


def _computed(resource: str, row: Row) -> Row:
    if resource == "order_items":
        return priced(row)
    return balanced(row) if resource == "orders" else row
