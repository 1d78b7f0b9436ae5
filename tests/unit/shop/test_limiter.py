"""How many requests are under way at once follows what the shop answers."""

from __future__ import annotations

import threading

import pytest

from ecommerce_pipeline.shop.limiter import (
    CALM_SECONDS,
    FEW,
    MEMORY_SECONDS,
    PROBE_SECONDS,
    Limiter,
)


class _Hand:
    """A clock that a test holds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _limiter(most: int = 16) -> tuple[Limiter, _Hand]:
    clock = _Hand()
    return Limiter(most, clock), clock


def _answers(limiter: Limiter, seconds: float, count: int) -> None:
    for _ in range(count):
        limiter.answered("orders", seconds)


@pytest.mark.parametrize("most", [1, 3, 16])
def test_it_begins_with_a_few_and_never_passes_the_most(most: int) -> None:
    limiter, _ = _limiter(most)
    assert limiter.allowed == min(FEW, most)
    _answers(limiter, 0.05, 100)
    assert limiter.allowed == most


def test_it_grows_no_more_where_answers_become_slow() -> None:
    limiter, _ = _limiter()
    _answers(limiter, 0.05, 4)
    _answers(limiter, 0.30, 100)
    assert limiter.allowed == FEW


def test_kinds_of_answers_are_not_compared_with_each_other() -> None:
    limiter, _ = _limiter()
    limiter.answered("customers", 0.01)
    _answers(limiter, 1.0, 100)
    assert limiter.allowed == 16


def test_a_low_latency_is_forgotten() -> None:
    limiter, clock = _limiter()
    _answers(limiter, 0.05, 1)
    clock.now += MEMORY_SECONDS + 1
    _answers(limiter, 0.50, 100)
    assert limiter.allowed == 16


def test_it_halves_once_for_requests_that_fail_together_and_again_later() -> None:
    limiter, clock = _limiter()
    _answers(limiter, 0.05, 100)
    for _ in range(10):
        limiter.overloaded()
    assert limiter.allowed == 8
    clock.now += CALM_SECONDS
    limiter.overloaded()
    assert limiter.allowed == 4


def test_one_request_is_always_allowed() -> None:
    limiter, clock = _limiter()
    for _ in range(20):
        clock.now += CALM_SECONDS
        limiter.overloaded()
    assert limiter.allowed == 1
    with limiter.slot():
        pass


def test_after_a_refusal_it_waits_then_stays_below_what_was_refused_then_tries_it_again() -> None:
    limiter, clock = _limiter()
    _answers(limiter, 0.05, 100)
    limiter.refused()
    _answers(limiter, 0.05, 100)
    assert limiter.allowed == 8
    clock.now += CALM_SECONDS
    _answers(limiter, 0.05, 100)
    assert limiter.allowed == 15
    clock.now += PROBE_SECONDS
    _answers(limiter, 0.05, 14)
    assert limiter.allowed < 16
    _answers(limiter, 0.05, 2)
    assert limiter.allowed == 16


def test_slow_answers_after_refusals_raise_nothing() -> None:
    limiter, clock = _limiter()
    limiter.answered("orders", 0.05)
    for _ in range(20):
        clock.now += CALM_SECONDS
        limiter.refused()
    _answers(limiter, 5.0, 100)
    assert limiter.allowed == 1


@pytest.mark.parametrize("at_once", [1, 2, 4, 8])
def test_a_shop_that_takes_few_requests_at_once_is_asked_for_hardly_more_and_not_much_less(
    at_once: int,
) -> None:
    limiter, clock = _limiter()
    refused = answered = 0
    rounds, seconds = 1200, 0.05
    for _ in range(rounds):
        clock.now += seconds
        for place in range(int(limiter.allowed)):
            if place < at_once:
                limiter.answered("orders", seconds)
                answered += 1
            else:
                limiter.refused()
                refused += 1
    assert refused < rounds * seconds, "less than one a second"
    assert answered > 0.85 * rounds * at_once


def test_no_more_are_under_way_than_allowed_and_who_waits_comes_next() -> None:
    limiter, _ = _limiter(2)
    arrived, leave = threading.Semaphore(0), threading.Semaphore(0)
    inside: list[int] = []
    most: list[int] = []

    def ask(number: int) -> None:
        with limiter.slot():
            inside.append(number)
            most.append(len(inside))
            arrived.release()
            leave.acquire()
            inside.remove(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for _ in threads:
        arrived.acquire()
        leave.release()
    for thread in threads:
        thread.join()
    assert max(most) <= 2
