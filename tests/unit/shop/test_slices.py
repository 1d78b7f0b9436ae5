"""A closed window is cut by the totals that the shop reports."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommerce_pipeline.shop.walks.slices import slices
from ecommerce_pipeline.shop.window import Window
from tests.unit.shop.fake_shop import FakeShop, Reader, instant

END = instant(1_000_000)
MOST = 10


def _slices(seconds: list[int], **options: Any) -> tuple[list[Window], list[int | None]]:
    shop = FakeShop({key: [second, 0] for key, second in enumerate(seconds)}, order="id", **options)
    endpoint = Reader(shop).endpoint()
    found = list(slices(endpoint, Window(until=END), MOST))
    return found, [endpoint.count(window) for window in found]


@settings(max_examples=60, deadline=None)
@given(seconds=st.lists(st.integers(0, 900_000), max_size=80))
def test_slices_follow_each_other_and_miss_nothing(seconds: list[int]) -> None:
    found, counts = _slices(seconds)
    assert [window.since for window in found[1:]] == [window.until for window in found[:-1]]
    assert (found[0].since, found[-1].until) == (None, END)
    assert sum(count or 0 for count in counts) == len(seconds)


def test_a_slice_has_as_many_rows_as_are_allowed_and_about_half_of_them_or_more() -> None:
    _, counts = _slices([second * 100 for second in range(95)])
    assert all(MOST // 2 <= (count or 0) <= MOST for count in counts[:-1])


def test_rows_of_one_second_are_not_cut() -> None:
    _, counts = _slices([5] * 40 + [100 + second for second in range(20)])
    assert max(count or 0 for count in counts) == 40
    assert sum(count or 0 for count in counts) == 60


@pytest.mark.parametrize("options", [{"totals": False}, {"total_of": lambda total, on_page: on_page}])
def test_a_shop_whose_totals_tell_nothing_has_one_slice(options: dict[str, Any]) -> None:
    found, _ = _slices(list(range(50)), **options)
    assert found == [Window(until=END)]
