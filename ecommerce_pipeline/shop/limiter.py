"""How many requests are under way at once: as many as the shop answers no slower for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FEW = 4
"""With how many it begins."""

SLOWER = 2.0
"""From how many times the lowest latency on the shop, or what lies before it, has to queue our requests."""

SLACK_SECONDS = 0.02
"""Differences below it tell of our own threads."""

MEMORY_SECONDS = 30.0
"""How long a low latency is remembered: a shop has fast and slow hours."""

CALM_SECONDS = 1.0
"""So long after one halving no other follows, requests that were under way together fail together; and so long after a
refusal it does not grow.
"""

PROBE_SECONDS = 10.0
"""So long after a refusal it stays below what was refused: some shops take only a few requests at once."""


class Limiter:
    """Holds requests back until one of those under way has ended; safe to share between threads.

    It grows by one with each answer that came about as fast as the fastest of late, shrinks slowly where answers become
    slow, and halves where the shop refuses, fails, or says nothing. Once it was refused it may stay at one.

    Args:
        most: never more at once.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, most: int, monotonic: Callable[[], float]) -> None:
        self.most = most
        self.allowed = float(min(FEW, most))
        self._monotonic = monotonic
        self._under_way = 0
        self._lowest: dict[str, deque[tuple[float, float]]] = {}
        self._halved = self._refused = float("-inf")
        self._too_many = 0
        self._free = threading.Condition()

    @property
    def under_way(self) -> int:
        """How many requests are under way."""
        return self._under_way

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A place among the requests under way; waiting for one costs no CPU."""
        with self._free:
            while self._under_way >= int(self.allowed):
                self._free.wait()
            self._under_way += 1
        try:
            yield
        finally:
            with self._free:
                self._under_way -= 1
                self._free.notify()

    def answered(self, kind: str, seconds: float) -> None:
        """Take note of a good answer.

        Args:
            kind: answers of one kind should take equally long.
            seconds: how long it took.
        """
        with self._free:
            slow = seconds > SLOWER * self._fastest(kind, seconds) + SLACK_SECONDS
            change = -1 / self.allowed if slow else self._growth()
            least = 1 if self._too_many else min(FEW, self.most)
            self.allowed = min(max(self.allowed + change, least), self.most)
            self._free.notify()

    def _growth(self) -> float:
        """By how much one good answer makes it grow; after a refusal by one with a round of them."""
        if not self._too_many:
            return 1.0
        since = self._monotonic() - self._refused
        if since >= PROBE_SECONDS:
            return 1 / self.allowed
        return min(max(self._too_many - 1 - self.allowed, 0.0), 1.0) if since >= CALM_SECONDS else 0.0

    def overloaded(self) -> None:
        """Take note of an answer that may come of too many requests, or of one that did not come."""
        with self._free:
            self._halve(self._monotonic())

    def refused(self) -> None:
        """Take note of an answer that says that it is too much."""
        with self._free:
            now = self._refused = self._monotonic()
            before = int(self.allowed)
            if self._halve(now):
                self._too_many = before

    def _halve(self, now: float) -> bool:
        """Whether it did."""
        if now - self._halved < CALM_SECONDS:
            return False
        self._halved, self.allowed = now, max(self.allowed / 2, 1.0)
        return True

    def _fastest(self, kind: str, seconds: float) -> float:
        """The lowest latency of late, the present one included: candidates wait in ascending order for older, lower
        ones to be forgotten.
        """
        now = self._monotonic()
        lowest = self._lowest.setdefault(kind, deque())
        while lowest and lowest[0][0] < now - MEMORY_SECONDS:
            lowest.popleft()
        while lowest and lowest[-1][1] >= seconds:
            lowest.pop()
        lowest.append((now, seconds))
        return lowest[0][1]
