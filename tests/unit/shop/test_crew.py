"""Threads that read ahead: in order, bounded, and gone when the run is."""

from __future__ import annotations

import functools
import itertools
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ecommerce_pipeline.shop import crew as crews
from ecommerce_pipeline.shop.ahead import OWN_PAGES, Ahead, Stopped
from ecommerce_pipeline.shop.crew import PAGES_AHEAD, Crew
from ecommerce_pipeline.shop.in_order import in_order


def _weighs(weight: int, item: object) -> int:
    return weight


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew(4)
    yield made
    made.stop()
    assert [thread for thread in threading.enumerate() if thread.name == "reader"] == []


def test_items_come_in_their_order_and_an_error_in_its_turn(crew: Crew) -> None:
    def failing() -> Iterator[int]:
        yield from (1, 2)
        raise KeyError("third")

    line = crew.ahead(failing())
    assert [next(line), next(line)] == [1, 2]
    with pytest.raises(KeyError, match="third"):
        next(line)


def test_parts_that_are_read_side_by_side_come_part_after_part(crew: Crew) -> None:
    first_waits = threading.Event()

    def part(number: int) -> Iterator[tuple[int, int]]:
        if number == 0:
            assert first_waits.wait(10)  # until a later part was begun
        if number == 3:
            first_waits.set()
        yield from ((number, item) for item in range(30))

    found = list(in_order(crew, map(part, range(9)), lambda item: 0))
    assert found == [(number, item) for number in range(9) for item in range(30)]


def test_no_more_parts_ask_than_there_are_connections_whatever_lists_they_are_of(crew: Crew) -> None:
    leave = threading.Event()
    begun: list[int] = []

    def part(number: int) -> Iterator[int]:
        yield number
        leave.wait(10)

    def parts(start: int) -> Iterator[Iterator[int]]:
        for number in itertools.count(start):
            begun.append(number)
            yield part(number)

    first, second = (in_order(crew, parts(start), lambda item: 0) for start in (0, 100))
    assert [next(first), next(second)] == [0, 100]
    assert len(begun) == 4 + 1
    leave.set()


def test_a_thread_that_cannot_start_is_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Crew(4)
    monkeypatch.setattr(threading.Thread, "start", _refuse)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        made.ahead(iter([1]))
    made.stop()


def _refuse(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_parts_that_ended_make_room_for_others_up_to_a_bound(crew: Crew) -> None:
    begun: list[int] = []

    def parts() -> Iterator[Iterator[int]]:
        for number in itertools.count():
            begun.append(number)
            yield iter([number])

    pages = in_order(crew, parts(), lambda item: 0)
    assert [next(pages) for _ in range(100)] == list(range(100))
    assert len(begun) <= 100 + crews.PARTS_AHEAD * 4


def test_what_waits_is_bounded_by_count_and_by_weight(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    for weight, bound in ((0, PAGES_AHEAD * 4), (100, 10)):
        monkeypatch.setattr(crews, "BYTES_AHEAD", 1000)
        made = Crew(4)
        full = threading.Event()

        def endless(made: Crew = made, full: threading.Event = full, bound: int = bound) -> Iterator[int]:
            for number in itertools.count():
                if number == bound:
                    full.set()
                yield number

        line = made.ahead(endless(), functools.partial(_weighs, weight), own=1)
        assert full.wait(10)
        assert made.pages == bound
        assert next(line) == 0
        made.stop()


def test_what_is_taken_next_never_waits_for_what_is_taken_later(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "PAGES_AHEAD", 0)
    later, now = crew.ahead(itertools.count(), own=0), crew.ahead(iter(range(100)))
    assert list(now) == list(range(100))
    later.to_front()
    assert [next(later) for _ in range(OWN_PAGES * 2)] == list(range(OWN_PAGES * 2))


def test_what_is_taken_later_leaves_room_for_what_comes_before_it(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "PAGES_AHEAD", 3)
    begin = threading.Event()

    def sooner() -> Iterator[int]:
        begin.wait(10)
        yield from range(10)

    first, later = crew.ahead(sooner(), own=0), crew.ahead(itertools.count(), own=0)
    bound = 3 * crew.connections
    _until(lambda: later.pages == bound)
    begin.set()
    _until(lambda: first.ended)
    assert (first.pages, later.pages) == (10, bound)


def test_twice_the_bound_may_wait_in_all(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "PAGES_AHEAD", 3)
    begin = [threading.Event() for _ in range(4)]

    def held(number: int) -> Iterator[int]:
        begin[number].wait(10)
        yield from range(100)

    lines = [crew.ahead(held(number), own=0) for number in range(4)]
    bound = 3 * crew.connections
    for line, event, pages in zip(reversed(lines), reversed(begin), (bound, bound, 0, 0), strict=True):
        event.set()
        _until(lambda line=line, pages=pages: line.pages == pages and line.waits_for_room)  # type: ignore[misc]
    assert crew.pages == 2 * bound
    lines[0].to_front()
    assert list(itertools.islice(lines[0], 50)) == list(range(50))


def _until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_calls_made_together_give_their_results_in_order_or_the_first_error(crew: Crew) -> None:
    assert crew.together([functools.partial(pow, n, 2) for n in range(40)]) == [n * n for n in range(40)]
    calls = [lambda: 1, lambda: 1 // 0, lambda: int("x")]
    with pytest.raises(ZeroDivisionError):
        crew.together(calls)


def test_one_connection_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda thread: pytest.fail("a thread"))
    alone = Crew(1)
    items = iter([1, 2])
    assert alone.list_ahead(items, lambda item: 0) is items
    assert alone.wait(items)
    assert alone.together([lambda: 1, lambda: 2]) == [1, 2]


def test_a_list_is_waited_for_only_while_no_other_has_anything(crew: Crew) -> None:
    held = threading.Event()

    def slow() -> Iterator[str]:
        held.wait(10)
        yield "slow"

    lists = [crew.list_ahead(items, lambda item: 0) for items in (slow(), iter(["quick"]))]
    assert not crew.wait(lists[0])
    assert list(lists[1]) == ["quick"]
    held.set()
    assert crew.wait(lists[0])
    assert next(lists[0]) == "slow"


def test_a_crew_is_idle_while_no_list_has_anything_to_take(crew: Crew) -> None:
    comes = threading.Event()

    def late() -> Iterator[int]:
        comes.wait(10)
        yield 1

    slow, ended = (crew.list_ahead(items, lambda item: 0) for items in (late(), iter([0])))
    assert list(ended) == [0]
    assert crew.idle(slow)
    comes.set()
    assert crew.wait(slow)
    assert not crew.idle(slow)
    assert not crew.idle(iter([1]))


def test_the_end_of_a_run_ends_threads_that_wait_for_room_for_pages_and_for_the_shop() -> None:
    interrupted = threading.Event()
    crew = Crew(4, interrupted.set)
    reached = threading.Event()

    def asking() -> Iterator[int]:
        reached.set()
        interrupted.wait(10)
        crew.go_on()
        yield pytest.fail("asked after the end")

    full = crew.ahead(itertools.count())
    waiting: Ahead[int] = crew.ahead(crew.ahead(asking()))
    assert reached.wait(10)
    assert next(full) == 0
    crew.stop()
    assert [thread for thread in threading.enumerate() if thread.name == "reader"] == []
    with pytest.raises(Stopped):
        crew.ahead(iter([1]))
    del waiting
