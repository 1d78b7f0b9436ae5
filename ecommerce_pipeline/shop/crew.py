"""Threads that read ahead of the one that judges and loads: they hand pages on in order, and none outlives a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from ecommerce_pipeline.shop.ahead import OWN_PAGES, Ahead, Stopped

Item = TypeVar("Item")
Result = TypeVar("Result")

PAGES_AHEAD = 11
"""How many pages may wait for each connection, more than a slice of a list has: slices that are begun together are
complete together, and all but the first wait.
"""

BYTES_AHEAD = 8 * 1024 * 1024
"""How many bytes of bodies may wait; decoded they take several times as much."""

PARTS_AHEAD = 2
"""How many parts of a list may be begun for each connection."""

END_SECONDS = 2.0
"""How long the end of a run waits for its threads. One that still waits for a shop asks and writes nothing more."""


class Crew:
    """The threads of one run.

    Args:
        connections: how many requests may be under way at once; with 1 there are no threads.
        interrupt: makes threads that wait for the shop go on at once.

    Attributes:
        pages, bytes: how much waits in all.
        held_back: how many lines wait for room.
    """

    def __init__(self, connections: int = 1, interrupt: Callable[[], None] = lambda: None) -> None:
        self.connections = connections
        self.lock = threading.Lock()
        self.arrived = threading.Condition(self.lock)
        self.stopped = False
        self._interrupt = interrupt
        self._threads: set[threading.Thread] = set()
        self._lines: list[Ahead[Any]] = []
        self._lists: set[Ahead[Any]] = set()
        self.parts: set[Ahead[Any]] = set()
        self.pages = self.bytes = self.held_back = 0

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
            thread.start()  # one that cannot start is not waited for
            self._threads.add(thread)
            self._lines.append(line)
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
            while not self._any_ready():
                self.go_on()
                self.arrived.wait()
            return items.ready

    def idle(self, items: Iterator[Any]) -> bool:
        """Whether no list has something to take now, so that `wait` would."""
        if not isinstance(items, Ahead):
            return False
        with self.lock:
            return not self._any_ready()

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
            self.arrived.notify_all()
            for line in self._lines:
                line.drop()
            threads = tuple(self._threads)
        if threads:
            self._interrupt()
        end = time.monotonic() + END_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    def count_waiting(self, pages: int, bytes_: int) -> None:
        """So much more waits, or less; the lock is held."""
        self.pages += pages
        self.bytes += bytes_

    def has_room(self, line: Ahead[Any]) -> bool:
        """Whether one more item of a line may wait; the lock is held.

        What was begun before it counts, and what was begun after it does not: that is taken later, and must not keep
        the room that is needed to get there. In all twice the bounds may wait, beside them what each line keeps for
        itself (`OWN_PAGES`, `OWN_BYTES`) and one item in each thread that waits for room.
        """
        return any(found is line for found in self._with_room())

    def offer_room(self) -> None:
        """Let the first line that waits for room, and has it, go on; the lock is held."""
        for line in self._with_room() if self.held_back else ():
            if line.waits_for_room and not line.closed:
                line.space.notify()
                return

    def _with_room(self) -> Iterator[Ahead[Any]]:
        most, pages, bytes_ = PAGES_AHEAD * self.connections, 0, 0
        if self.pages >= 2 * most or self.bytes >= 2 * BYTES_AHEAD:
            return
        for line in self._lines:
            pages, bytes_ = pages + line.pages, bytes_ + line.bytes
            if pages >= most or bytes_ >= BYTES_AHEAD:
                return
            yield line

    def _any_ready(self) -> bool:
        """Whether some list has something to take; the lock is held."""
        self._lists = {line for line in self._lists if not line.taken}
        return any(line.ready for line in self._lists)

    def forget(self, line: Ahead[Any]) -> None:
        """A line that has ended and of which nothing waits any more; the lock is held."""
        if line in self._lines:
            self._lines.remove(line)

    def _work(self, line: Ahead[Any]) -> None:
        try:
            line.fill()
        finally:
            with self.lock:
                self._threads.discard(threading.current_thread())
