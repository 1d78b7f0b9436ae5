"""What a thread reads ahead of the one that takes it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from ecommerce_pipeline.shop.crew import Crew

Item = TypeVar("Item")

OWN_PAGES, OWN_BYTES = 8, 4 * 1024 * 1024
"""How many pages of what is taken next may wait whatever else does, so that it never stands still; of large ones not so
many.
"""


class Stopped(Exception):
    """The run has ended; a thread that reads for it ends too."""


class Ahead(Iterator[Item], Generic[Item]):
    """What a thread has found and nobody has taken yet; see `Crew.ahead`.

    An error of the thread is raised once all that came before it is taken.

    Attributes:
        space: its thread waits here for room.
        waits_for_room: whether it does.
        bytes: the weight of what waits.
        closed: whether nothing more is taken.
        ended: whether its thread has found all.
        taken: whether all was taken, the end or the error too.
    """

    def __init__(self, crew: Crew, items: Iterable[Item], weight: Callable[[Item], int], own: int) -> None:
        self.taken = self.ended = False
        self._crew, self._items, self._weight, self._own = crew, items, weight, own
        self._found, self.space = threading.Condition(crew.lock), threading.Condition(crew.lock)
        self.waits_for_room = False
        self.bytes = 0
        self._waiting: deque[tuple[Item, int]] = deque()
        self.closed = False
        self._error: BaseException | None = None

    @property
    def pages(self) -> int:
        """How many items wait."""
        return len(self._waiting)

    @property
    def ready(self) -> bool:
        """Whether the next item, the end or the error is there."""
        return bool(self._waiting) or self.ended

    def to_front(self) -> None:
        """From now on it is what is taken next."""
        if self._own < OWN_PAGES:
            with self._crew.lock:
                self._own = OWN_PAGES
                self.space.notify()

    def close(self) -> None:
        """Nothing more is taken."""
        with self._crew.lock:
            self.closed = True
            self.drop()
            self._forget_if_done()
            self._crew.offer_room()

    def drop(self) -> None:
        """Forget what waits, and let whoever waits look again; the crew's lock is held."""
        self._crew.count_waiting(-self.pages, -self.bytes)
        self._waiting.clear()
        self.bytes = 0
        self._found.notify_all()
        self.space.notify_all()

    def __next__(self) -> Item:
        with self._crew.lock:
            while not self.ready:
                self._crew.go_on()
                self._found.wait()
            if self._waiting:
                return self._take()
            self.taken = True
        if self._error is not None:
            raise self._error
        raise StopIteration

    def fill(self) -> None:
        """Iterate to the end, or until nobody takes anything more."""
        error: BaseException | None = None
        try:
            for item in self._items:
                self._put(item)
        except Stopped:
            pass
        except BaseException as raised:
            error = raised
        with self._crew.lock:
            self.ended, self._error = True, error
            self._forget_if_done()
            self._crew.offer_room()
            self._found.notify_all()
            self._crew.arrived.notify_all()

    def _put(self, item: Item) -> None:
        weight, crew = self._weight(item), self._crew
        with crew.lock:
            while not (self.closed or crew.stopped or self._has_room()):
                self._wait_for_room()
            if self.closed or crew.stopped:
                raise Stopped
            self._waiting.append((item, weight))
            self.bytes += weight
            crew.count_waiting(1, weight)
            crew.offer_room()
            self._found.notify_all()
            crew.arrived.notify_all()

    def _wait_for_room(self) -> None:
        self.waits_for_room = True
        self._crew.held_back += 1
        self.space.wait()
        self._crew.held_back -= 1
        self.waits_for_room = False

    def _has_room(self) -> bool:
        own = self.pages < self._own and self.bytes < OWN_BYTES
        return own or self._crew.has_room(self)

    def _take(self) -> Item:
        item, weight = self._waiting.popleft()
        self.bytes -= weight
        self._crew.count_waiting(-1, -weight)
        self.space.notify()
        self._forget_if_done()
        self._crew.offer_room()
        return item

    def _forget_if_done(self) -> None:
        if self.ended and not self._waiting:
            self._crew.forget(self)
