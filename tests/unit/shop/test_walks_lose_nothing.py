"""Every walk against every schedule of writes: after one more quiet run nothing is missing, nothing stale."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommerce_pipeline.errors import ContractBroken
from tests.unit.shop.fake_shop import WALKS, FakeShop, Reader

# A write: what happens (delete, else insert or edit), to which row, how far the clock moves first.
WRITE = st.tuples(st.integers(0, 3), st.integers(1, 14), st.integers(0, 1))
SCHEDULE = st.lists(st.lists(WRITE, max_size=4), max_size=12)


def _reader(walk: str, seconds: list[int], totals: bool) -> Reader:
    options = dict(WALKS[walk])
    without = {"until_param": None} if "until_param" in options and options.pop("until_param") is None else {}
    shop = FakeShop({key: [second, 0] for key, second in enumerate(seconds, 1)}, totals=totals, **options)
    shop.now = max(seconds, default=0)
    return Reader(shop, cursor_changes=without)


def _follow(shop: FakeShop, schedule: list[list[tuple[int, int, int]]]) -> None:
    waiting = iter(schedule)

    def write() -> None:
        for what, key, tick in next(waiting, []):
            if what == 0:
                shop.rows.pop(key, None)
            else:
                shop.write(key, tick)

    shop.before_answer = write


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("walk", WALKS)
@settings(max_examples=150, deadline=None)
@given(seconds=st.lists(st.integers(0, 4), max_size=12), schedule=SCHEDULE)
def test_after_any_schedule_of_writes_one_quiet_run_makes_the_warehouse_equal(
    walk: str, totals: bool, seconds: list[int], schedule: list[list[tuple[int, int, int]]]
) -> None:
    reader = _reader(walk, seconds, totals)
    _follow(reader.shop, schedule)
    try:
        reader.run(attempts=8)
    except ContractBroken:
        reader.cursor = None
    reader.shop.before_answer = lambda: None
    reader.run()
    assert reader.missing() == {}
