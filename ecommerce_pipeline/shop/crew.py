"""Threads that read ahead of the one that judges and loads: they hand pages on in order, and none outlives a run."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

PAGES_AHEAD = 8
"""How many pages may wait for each connection."""

BYTES_AHEAD = 16 * 1024 * 1024
"""How many bytes of bodies may wait in all; decoded they take several times as much."""

OWN_PAGES = 8
"""How many pages of what is taken next may wait whatever else does, so that it never stands still."""

PARTS_AHEAD = 2
"""How many parts of a list may be begun for each connection."""

END_SECONDS = 2.0
"""How long the end of a run waits for its threads. One that still waits for a shop asks and writes nothing more."""


class Stopped(Exception):
    """The run has ended; a thread that reads for it ends too."""


class Crew:
    """The threads of one run.

    Args:
        connections: how many requests may be under way at once; with 1 there are no threads.
        interrupt: makes threads that wait for the shop go on at once.
    """

    def __init__(self, connections: int = 1, interrupt: Callable[[], None] = lambda: None) -> None:
        self.connections = connections
        self.lock = threading.Lock()
        self.room, self.arrived = threading.Condition(self.lock), threading.Condition(self.lock)
        self.pages = self.bytes = 0
        self.stopped = False
        self._interrupt = interrupt
        self._threads: set[threading.Thread] = set()
        self._lines: set[Ahead[Any]] = set()
        self._lists: set[Ahead[Any]] = set()
        self.parts: set[Ahead[Any]] = set()

    def go_on(self) -> None:
        """Return while the run goes on.

        Raises:
            Stopped: it has ended.
        """
        if self.stopped:
            raise Stopped

    def ahead(
        self, items: Iterable[Item], weight: Callable[[Item], int] = lambda item: 0, own: int = OWN_PAGES
    ) -> Ahead[Item]:
        """Something that is iterated over by a thread of its own from now on.

        Args:
            items: is iterated over in that thread.
            weight: how many bytes an item takes.
            own: how many items may wait whatever else does.
        """
        line = Ahead(self, items, weight, own)
        # A daemon: a thread that waits for a shop must not keep a program that was stopped from ending.
        thread = threading.Thread(target=self._work, args=(line,), name="reader", daemon=True)
        with self.lock:
            self.go_on()
            self._threads.add(thread)
            self._lines.add(line)
        thread.start()
        return line

    def list_ahead(self, items: Iterator[Item], weight: Callable[[Item], int]) -> Iterator[Item]:
        """The same for a whole list, one of those that `wait` looks at; with one connection it stays as it is."""
        if self.connections == 1:
            return items
        line = self.ahead(items, weight)
        with self.lock:
            self._lists.add(line)
        return line

    def wait(self, items: Iterator[Any]) -> bool:
        """Return when some list has something to take, and whether this one has."""
        if not isinstance(items, Ahead):
            return True
        with self.lock:
            self._lists = {line for line in self._lists if not line.taken}
            while not any(line.ready for line in self._lists):
                self.go_on()
                self.arrived.wait()
            return items.ready

    def may_begin(self, lines: Collection[Ahead[Any]]) -> bool:
        """Whether another part of a list should be begun. As many ask, of all lists, as there are connections, so that
        the first of each gets on; one that waits for its turn at its end asks for nothing.

        Args:
            lines: the parts of this list that were begun and are not taken yet.
        """
        asking = sum(not line.ended for line in tuple(self.parts))
        own = sum(not line.ended for line in lines)
        return len(lines) < PARTS_AHEAD * self.connections and (asking < self.connections or not own)

    def together(self, calls: Sequence[Callable[[], Result]]) -> list[Result]:
        """What some calls return, made side by side; the first error in their order is raised."""
        if self.connections == 1 or len(calls) < 2:
            return [call() for call in calls]
        shares = [calls[begin :: self.connections] for begin in range(min(self.connections, len(calls)))]
        lines = [self.ahead((call() for call in share), own=len(calls)) for share in shares]
        try:
            return [next(lines[number % len(lines)]) for number in range(len(calls))]
        finally:
            for line in lines:
                line.close()

    def stop(self) -> None:
        """End all threads; what they have found is forgotten. The crew can be used for no more."""
        with self.lock:
            self.stopped = True
            self.room.notify_all()
            self.arrived.notify_all()
            for line in self._lines:
                line.wake()
            threads = tuple(self._threads)
        if threads:
            self._interrupt()
        end = time.monotonic() + END_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self, line: Ahead[Any]) -> None:
        try:
            line.fill()
        finally:
            with self.lock:
                self._threads.discard(threading.current_thread())
                self._lines.discard(line)


class Ahead(Iterator[Item], Generic[Item]):
    """What a thread has found and nobody has taken yet; see `Crew.ahead`.

    An error of the thread is raised once all that came before it is taken.

    Attributes:
        ended: whether its thread has found all.
        taken: whether all was taken, the end or the error too.
    """

    def __init__(self, crew: Crew, items: Iterable[Item], weight: Callable[[Item], int], own: int) -> None:
        self.taken = self.ended = False
        self._crew, self._items, self._weight, self._own = crew, items, weight, own
        self._found, self._space = threading.Condition(crew.lock), threading.Condition(crew.lock)
        self._waiting: deque[tuple[Item, int]] = deque()
        self._closed = False
        self._error: BaseException | None = None

    @property
    def ready(self) -> bool:
        """Whether the next item, the end or the error is there."""
        return bool(self._waiting) or self.ended

    def to_front(self) -> None:
        """From now on it is what is taken next."""
        if self._own < OWN_PAGES:
            with self._crew.lock:
                self._own = OWN_PAGES
                self._crew.room.notify_all()

    def close(self) -> None:
        """Nothing more is taken."""
        with self._crew.lock:
            self._closed = True
            while self._waiting:
                self._take()
            self.wake()
            self._crew.room.notify_all()

    def wake(self) -> None:
        """Let whoever waits look again; the crew's lock is held."""
        self._found.notify_all()
        self._space.notify_all()

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
            self._found.notify_all()
            self._crew.arrived.notify_all()

    def _put(self, item: Item) -> None:
        weight, crew = self._weight(item), self._crew
        with crew.lock:
            while not (self._closed or crew.stopped or self._has_room()):
                (self._space if self._own else crew.room).wait()
            if self._closed or crew.stopped:
                raise Stopped
            self._waiting.append((item, weight))
            crew.pages, crew.bytes = crew.pages + 1, crew.bytes + weight
            self._found.notify_all()
            crew.arrived.notify_all()

    def _has_room(self) -> bool:
        crew = self._crew
        room = crew.pages < PAGES_AHEAD * crew.connections and crew.bytes < BYTES_AHEAD
        return room or len(self._waiting) < self._own

    def _take(self) -> Item:
        item, weight = self._waiting.popleft()
        crew = self._crew
        crew.pages, crew.bytes = crew.pages - 1, crew.bytes - weight
        self._space.notify()
        crew.room.notify()
        return item
