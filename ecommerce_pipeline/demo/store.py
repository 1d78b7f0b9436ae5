"""The shop's tables: rows by id, an index by (updated_at, id), children by parent. Thread-safe by one lock.

A row is never changed in place: a write puts a new dict. So rows that were picked under the lock can be
rendered without it and still show one state of the shop.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import Any

from ecommerce_pipeline.demo.contract import Row
from ecommerce_pipeline.demo.listing import Position, Selection, Slice, take
from ecommerce_pipeline.demo.options import RESOURCES

PARENTS = {
    "orders": "customer_id",
    "order_items": "order_id",
    "payments": "order_id",
    "deliveries": "order_id",
}
ABSENT: Any = object()
"""Stands in an override for a field that is left out of the served record."""


class Table:
    """One resource. `overrides` are values that are served in place of the stored ones."""

    def __init__(self, parent_field: str | None) -> None:
        self.rows: dict[int, Row] = {}
        self.ids: list[int] = []
        self.dead: set[int] = set()
        self.overrides: dict[int, Row] = {}
        self.version = 0
        self._next_id = 1
        self._parent_field = parent_field
        self._children: dict[int, list[int]] = {}
        self._times: list[Position] = []
        self._sorted = True

    def __len__(self) -> int:
        return len(self.ids)

    def new_id(self) -> int:
        """An id that was never used."""
        self._next_id += 1
        return self._next_id - 1

    def put(self, row: Row, in_order: bool = True) -> None:
        """Insert a row or replace the one with its id; `in_order=False` sorts the list later."""
        identity = row["id"]
        before = self.rows.get(identity)
        self._sorted = self._sorted and in_order
        if self._sorted:
            if before is not None:
                del self._times[bisect_left(self._times, (before["updated_at"], identity))]
            insort(self._times, (row["updated_at"], identity))
        if before is None:
            self._add_id(identity)
        if self._parent_field is not None:
            self._adopt(before, row, self._parent_field)
        self.rows[identity] = row
        self.version += 1

    def drop(self, identity: int) -> None:
        """Take a row out as if it had never been."""
        row = self.rows.pop(identity)
        if self._sorted:
            del self._times[bisect_left(self._times, (row["updated_at"], identity))]
        del self.ids[bisect_left(self.ids, identity)]
        self._orphan(row)
        self.overrides.pop(identity, None)
        self.version += 1

    def bury(self, row: Row) -> None:
        """Keep a deleted row in the lists, as a tombstone without ties."""
        self.put(row)
        self._orphan(row)
        self.dead.add(row["id"])

    def children(self, parent: int) -> list[int]:
        """Ids of the live rows that belong to a parent, ascending."""
        return list(self._children.get(parent, ()))

    def live(self, identity: int) -> bool:
        """Whether there is such a row and it is no tombstone."""
        return identity in self.rows and identity not in self.dead

    def pick(self, rng: Random) -> Row | None:
        """A random live row, None when there is none."""
        if len(self.dead) == len(self.ids):
            return None
        while True:
            identity = self.ids[int(rng.random() * len(self.ids))]
            if identity not in self.dead:
                return self.rows[identity]

    def _times_in_order(self) -> list[Position]:
        if not self._sorted:
            self._times = sorted((row["updated_at"], identity) for identity, row in self.rows.items())
            self._sorted = True
        return self._times

    def place(self, moment: datetime, identity: int) -> int:
        """How many rows stand before this point of the (updated_at, id) order."""
        return bisect_left(self._times_in_order(), (moment, identity))

    def positions(self, low: int, high: int) -> list[Position]:
        """The (updated_at, id) of the rows from one place to another."""
        return self._times_in_order()[low:high]

    def position(self, identity: int) -> Position:
        """The (updated_at, id) of one row."""
        return self.rows[identity]["updated_at"], identity

    def _add_id(self, identity: int) -> None:
        if not self.ids or identity > self.ids[-1]:
            self.ids.append(identity)
        else:
            insort(self.ids, identity)
        self._next_id = max(self._next_id, identity + 1)

    def _adopt(self, before: Row | None, row: Row, parent_field: str) -> None:
        if before is not None and before[parent_field] == row[parent_field]:
            return
        if before is not None:
            self._orphan(before)
        insort(self._children.setdefault(row[parent_field], []), row["id"])

    def _orphan(self, row: Row) -> None:
        if self._parent_field is not None and row["id"] in self._children.get(row[self._parent_field], ()):
            self._children[row[self._parent_field]].remove(row["id"])


class Store:
    """All tables of a shop that can be written to."""

    def __init__(self, tombstones: bool = False, embed_items: bool = False) -> None:
        self.lock = threading.RLock()
        self.tables = {name: Table(PARENTS.get(name)) for name in RESOURCES}
        self._tombstones = tombstones
        self._embed_items = embed_items
        self._in_order = True

    @contextmanager
    def many_writes(self) -> Iterator[None]:
        """Inside, the order of lists is left to the next reader: for base data and for a long life."""
        with self.lock:
            self._in_order = False
            try:
                yield
            finally:
                self._in_order = True

    def put(self, resource: str, row: Row) -> None:
        """Insert or replace one row."""
        self.tables[resource].put(row, self._in_order)

    def remove(self, resource: str, identity: int, at: datetime) -> None:
        """Delete one live row; with tombstones it stays in the lists with `deleted_at`."""
        table = self.tables[resource]
        if self._tombstones:
            moved = max(at, table.rows[identity]["updated_at"])
            table.bury({**table.rows[identity], "deleted_at": moved, "updated_at": moved})
        else:
            table.drop(identity)

    def read(self, resource: str, selection: Selection) -> Slice:
        """One slice of a list, in one consistent state."""
        with self.lock:
            table = self.tables[resource]
            ids, piece = take(table, selection)
            return piece._replace(rows=[self.served(resource, identity) for identity in ids])

    def one(self, resource: str, identity: int) -> Row | None:
        """One row as it is served, None where there is none."""
        with self.lock:
            return self.served(resource, identity) if identity in self.tables[resource].rows else None

    def served_rows(self, resource: str) -> list[Row]:
        """All live rows as they are served, by id."""
        with self.lock:
            table = self.tables[resource]
            return [self.served(resource, identity) for identity in table.ids if identity not in table.dead]

    def count(self, resource: str) -> int:
        """How many live rows there are, invalid ones included."""
        with self.lock:
            return len(self.tables[resource]) - len(self.tables[resource].dead)

    def served(self, resource: str, identity: int) -> Row:
        """A row as the API serves it, instants and money not yet as texts."""
        table = self.tables[resource]
        row = table.rows[identity]
        override = table.overrides.get(identity)
        if override:
            row = {name: value for name, value in {**row, **override}.items() if value is not ABSENT}
        if self._tombstones and "deleted_at" not in row:
            row = {**row, "deleted_at": None}
        if self._embed_items and resource == "orders":
            row = {**row, "items": self._lines(identity)}
        return row

    def _lines(self, order_id: int) -> Sequence[Row]:
        return [
            self.served("order_items", identity) for identity in self.tables["order_items"].children(order_id)
        ]
