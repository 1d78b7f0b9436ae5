"""The shop's own life: scheduled events, so that a later run finds something to do.

Event k is due `2 * k ** 1.5` seconds after the opening: about 150 in the first hour, 2,000 in the first
two days, 63,000 in the first year. What it does depends on the seed and on k alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from ecommerce_pipeline.demo.happenings import ORDINARY_LIFE, new_order
from ecommerce_pipeline.demo.invalid import break_one
from ecommerce_pipeline.demo.ledger import Ledger
from ecommerce_pipeline.demo.options import ShopOptions

_MANY = 500  # from here on it is faster to sort the lists anew than to keep them sorted


class Life:
    """Applies events in their order, each one once. The caller holds the store's lock."""

    def __init__(self, ledger: Ledger, options: ShopOptions) -> None:
        self._ledger = ledger
        self._options = options
        self._next = 1
        self._rng = Random()

    def due(self, number: int) -> datetime:
        """When event `number`, counted from 1, happens."""
        return self._options.opened_at + timedelta(seconds=2 * number**1.5)

    def advance(self, to: datetime) -> int:
        """Apply what is due until an instant, included; returns how many events that were."""
        first, end = self._next, self._end(to)
        if end - first >= _MANY:
            with self._ledger.store.many_writes():
                self._apply(first, end)
        else:
            self._apply(first, end)
        self._next = max(first, end)
        return self._next - first

    def _end(self, to: datetime) -> int:
        """The first event that is not due yet."""
        seconds = (to - self._options.opened_at).total_seconds()
        guess = max(1, int((max(0.0, seconds) / 2) ** (2 / 3)) - 1)
        while self.due(guess) <= to:
            guess += 1
        return guess

    def _apply(self, first: int, end: int) -> None:
        rng = self._rng
        for number in range(first, end):
            rng.seed(self._options.seed * 1_000_003 + number)
            happening = ORDINARY_LIFE.draw(rng)
            happening(self._ledger, rng, self._options.stamp(self.due(number)))
            if happening is new_order and rng.random() < self._options.invalid_share:
                orders = self._ledger.store.tables["orders"]
                break_one(self._ledger.store, "orders", orders.ids[-1], rng)
