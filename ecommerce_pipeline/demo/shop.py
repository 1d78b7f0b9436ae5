"""The demo shop: its store, its life, its truth, and its HTTP server."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from ecommerce_pipeline.demo.contract import Row, broken_fields
from ecommerce_pipeline.demo.desk import Desk
from ecommerce_pipeline.demo.generate import generate
from ecommerce_pipeline.demo.happenings import BUSY
from ecommerce_pipeline.demo.ledger import Ledger
from ecommerce_pipeline.demo.life import Life
from ecommerce_pipeline.demo.listing import Selection, Slice
from ecommerce_pipeline.demo.options import RESOURCES, ShopOptions
from ecommerce_pipeline.demo.served import ServedShop


class DemoShop(ServedShop):
    """A shop with the day-one data of its options; serve it with `serve()` or `start()` and `stop()`.

    All methods may be called from any thread, also while the shop is served.
    """

    def __init__(self, options: ShopOptions | None = None) -> None:
        options = options or ShopOptions()
        super().__init__(options)
        self._store = generate(options)
        self._ledger = Ledger(self._store)
        self._life = Life(self._ledger, options)
        self._desk = Desk(self._ledger, Random(f"desk {options.seed}"))
        self._touches = Random(f"touches {options.seed}")

    def truth(self, resource: str) -> list[Row]:
        """All live records that keep the contract, as the API serves them, by id."""
        return [row for row in self._served(resource) if not broken_fields(resource, row)]

    def invalid(self, resource: str) -> list[Row]:
        """All live records that break the contract, as the API serves them, by id."""
        return [row for row in self._served(resource) if broken_fields(resource, row)]

    def count(self, resource: str) -> int:
        """How many live records there are, valid or not."""
        return self._store.count(_known(resource))

    def insert(self, resource: str, **fields: Any) -> Row:
        """Add a record at the shop's clock; see `Desk.insert`. Returns it as the API serves it."""
        with self._store.lock:
            return self._plain(
                resource, self._desk.insert(_known(resource), self.options.stamp(), self._cut(fields))
            )

    def update(self, resource: str, identity: int, **fields: Any) -> Row:
        """Change a record at the shop's clock; see `Desk.update`. Returns it as the API serves it."""
        with self._store.lock:
            self._desk.update(_known(resource), identity, self.options.stamp(), self._cut(fields))
            return self._plain(resource, identity)

    def edit_silently(self, resource: str, identity: int, **fields: Any) -> None:
        """Change what the API serves of a record and leave its `updated_at`, as some shops do."""
        with self._store.lock:
            self._store.tables[_known(resource)].overrides.setdefault(identity, {}).update(fields)

    def delete(self, resource: str, identity: int) -> None:
        """Delete a record with its children; the order of a deleted line follows."""
        with self._store.lock:
            self._desk.delete(_known(resource), identity, self.options.stamp())

    def add_line(self, order_id: int, **fields: Any) -> Row:
        """Add a line to an order; the order's totals and `updated_at` follow."""
        return self.insert("order_items", order_id=order_id, **fields)

    def remove_line(self, order_id: int, item_id: int) -> None:
        """Remove a line from an order; the order's totals and `updated_at` follow.

        Raises:
            KeyError: the order has no such line.
        """
        with self._store.lock:
            if item_id not in self._store.tables["order_items"].children(order_id):
                raise KeyError(f"Order {order_id} has no line {item_id}.")
            self.delete("order_items", item_id)

    def touch_random(self, rng: Random | None = None) -> str:
        """One random ordinary write at the shop's clock; returns which kind.

        Args:
            rng: the source of chance; without one, the shop's own.
        """
        with self._store.lock:
            chance = rng or self._touches
            happening = BUSY.draw(chance)
            happening(self._ledger, chance, self.options.stamp())
            return happening.__name__

    def advance(self, to: datetime) -> int:
        """Live on: apply the scheduled events that are due until an instant; returns how many that were."""
        with self._store.lock:
            return self._life.advance(to)

    def read(self, resource: str, selection: Selection) -> Slice:
        """One slice of a list, as the server asks for it; a live shop first catches up with its clock."""
        self._catch_up()
        return self._store.read(resource, selection)

    def one(self, resource: str, identity: int) -> Row | None:
        """One record, instants and money not yet as texts."""
        self._catch_up()
        return self._store.one(resource, identity)

    def _catch_up(self) -> None:
        if self.options.live:
            self.advance(self.options.clock())

    def _served(self, resource: str) -> list[Row]:
        rows = self._store.served_rows(_known(resource))
        return [self.renderer.plain(row) for row in rows]

    def _plain(self, resource: str, identity: int) -> Row:
        return self.renderer.plain(self._store.served(resource, identity))

    def _cut(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Instants in the precision that the shop stores."""
        return {
            name: self.options.stamp(value) if isinstance(value, datetime) else value
            for name, value in fields.items()
        }


def _known(resource: str) -> str:
    if resource not in RESOURCES:
        raise KeyError(f"The shop has no {resource!r}, it has {', '.join(RESOURCES)}.")
    return resource
