"""A list is cut into slices of about as many rows, however its rows are spread over time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommerce_pipeline.shop.walks.cuts import COARSE, Point, balanced_cuts
from tests.unit.shop.fake_shop import instant

END = 1_000_000
MOST, AT_ONCE = 20, 8


class _Asked:
    """Rows at some seconds; counts the questions and the rounds in which they come."""

    def __init__(self, seconds: Sequence[int]) -> None:
        self.seconds = sorted(seconds)
        self.questions = self.rounds = 0

    def __call__(self, instants: Sequence[datetime]) -> list[int]:
        self.questions += len(instants)
        self.rounds += 1
        assert self.rounds < 1_000
        return [len(self.seconds) - self.before(at) for at in instants]

    def before(self, at: datetime) -> int:
        return bisect_left(self.seconds, (at - instant(0)).total_seconds())


def _sizes(asked: _Asked) -> list[int]:
    begin = Point(instant(0), len(asked.seconds))
    second = timedelta(seconds=1)
    cuts = list(
        balanced_cuts(
            begin,
            instant(END),
            MOST,
            AT_ONCE,
            asked,
            lambda at: instant(0) + (at - instant(0)) // second * second,
        )
    )
    assert cuts[-1] == instant(END)
    assert all(earlier < later for earlier, later in pairwise([instant(0), *cuts]))
    ends = [asked.before(at) for at in cuts]
    return [later - earlier for earlier, later in pairwise([0, *ends])]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, END - 1) | st.integers(5_000, 5_300) | st.just(77_777), max_size=600))
def test_cuts_ascend_to_the_end_and_every_row_is_in_a_slice(seconds: list[int]) -> None:
    assert sum(_sizes(_Asked(seconds))) == len(seconds)


SPREADS = {
    "even": list(range(0, END, 500)),
    "most of them lately": [END - 1 - (n * n) // 4 for n in range(2_000)],
    "one busy hour": [500_000 + n for n in range(2_000)],
    "two far ends": [*range(1_000), *range(END - 1_000, END)],
}


@pytest.mark.parametrize("spread", SPREADS)
def test_no_slice_is_much_larger_than_wanted_and_few_questions_are_asked(spread: str) -> None:
    asked = _Asked(SPREADS[spread])
    assert max(_sizes(asked)) <= 2 * COARSE * MOST
    assert asked.questions <= len(asked.seconds) // MOST


@pytest.mark.parametrize("newest", range(50_000, END, 33_333))
def test_the_last_slice_is_as_small_as_the_others_however_old_its_rows_are(newest: int) -> None:
    asked = _Asked(range(0, newest, newest // 2_000))
    assert [size for size in _sizes(asked) if size][-1] <= 2 * MOST
    assert asked.questions <= len(asked.seconds) // MOST


def test_last_rows_of_one_second_are_asked_about_a_few_times_only() -> None:
    asked = _Asked([*range(0, 500_000, 250), *[500_000] * (MOST + MOST // 2)])
    _sizes(asked)
    assert asked.rounds <= 20


def test_rows_of_one_second_cannot_be_cut() -> None:
    assert max(_sizes(_Asked([5] * 500))) == 500


@pytest.mark.parametrize("total", [0, 7, 10**9])
def test_totals_that_tell_nothing_end_in_a_few_slices(total: int) -> None:
    rounds = 0

    def same(instants: Sequence[datetime]) -> list[int]:
        nonlocal rounds
        rounds += 1
        return [total] * len(instants)

    begin = Point(instant(0), total)
    found = list(balanced_cuts(begin, instant(END), MOST, AT_ONCE, same, lambda at: at))
    assert found[-1] == instant(END)
    assert rounds < 10
