"""A shop whose totals or references lie in less usual ways: everything comes, or the run is refused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ecommerce_pipeline.errors import ContractBroken, PipelineError, RunFailed, ShopUnreachable
from tests.unit.shop.fake_shop import FakeShop, Reader
from tests.unit.shop.test_walks_against_wrong_profiles import BY_CURSOR, CLOSED, NO_END, OVERLAP, _rows, _shop

STABLE: dict[str, Any] = {"paging_changes": {"stable": True}}
TOTALS = r"reports \d+ rows and gives \d+|where \d+ rows are reported"


@pytest.mark.parametrize("hidden", [1, 2])
def test_a_few_rows_without_a_cursor_that_the_filter_hides_are_noticed(hidden: int) -> None:
    shop = _shop(10)
    shop.rows |= {key: [None, 0] for key in range(20, 20 + hidden)}
    with pytest.raises(ContractBroken, match=r'order = "unknown"'):
        Reader(shop).run()


@pytest.mark.parametrize("count", [2, 5])
def test_a_total_that_is_too_high_is_refused_by_overlapping_pages(count: int) -> None:
    shop = _shop(count, total_of=lambda total, on_page: total + 1, **OVERLAP)
    with pytest.raises(RunFailed, match=TOTALS):
        Reader(shop, **NO_END).run()


@pytest.mark.parametrize("paging", ["page_number", "cursor"])
def test_a_total_that_wobbles_and_is_too_high_is_refused(paging: str) -> None:
    wobble = itertools.count()
    shop = _shop(7, order="id", paging=paging, total_of=lambda total, on_page: total + 1 + next(wobble) % 2)
    with pytest.raises(RunFailed, match=TOTALS):
        Reader(shop).run()


@pytest.mark.parametrize("paging", ["page_number", "cursor"])
def test_a_still_total_that_is_too_low_is_refused(paging: str) -> None:
    shop = _shop(7, order="id", paging=paging, total_of=lambda total, on_page: total - 1)
    with pytest.raises(RunFailed, match=TOTALS):
        Reader(shop).run()


@pytest.mark.parametrize("page_size", [3, 50])
@pytest.mark.parametrize("count", [4, 7, 10])
@pytest.mark.parametrize(("options", "profile"), [(BY_CURSOR, {}), (CLOSED, {}), (OVERLAP, NO_END)])
def test_a_total_of_the_page_ends_no_list_of_unknown_page_size(
    options: dict[str, Any], profile: dict[str, Any], count: int, page_size: int
) -> None:
    shop = _shop(count, cap=3, total_of=lambda total, on_page: on_page, **options)
    reader = Reader(shop, page_size=page_size, changes={"page_size_param": None}, **profile)
    try:
        reader.run()
    except RunFailed:
        assert reader.cursor is None
    else:
        assert reader.missing() == {}


class _LeadsBack(FakeShop):
    """From the third page on every reference leads to the first."""

    def _token(self, begin: int, listed: list[Any]) -> str:
        return "0" if begin >= 6 else str(begin)


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize(
    ("options", "profile"), [({"order": "id"}, {}), ({"order": "id"}, NO_END), ({"order": "cursor"}, STABLE)]
)
def test_references_in_a_circle_of_pages_are_a_loop(
    options: dict[str, Any], profile: dict[str, Any], totals: bool
) -> None:
    shop = _LeadsBack(_rows(10), now=20, totals=totals, paging="cursor", **options)
    with pytest.raises(ContractBroken, match="loop"):
        Reader(shop, **profile).run()


class _SamePage(FakeShop):
    """New references, always to the same page."""

    def _token(self, begin: int, listed: list[Any]) -> str:
        return str(begin) if begin < 6 else "0" * self.asked + "6"


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("profile", [{}, NO_END, STABLE])
def test_new_references_to_one_page_are_a_loop(profile: dict[str, Any], totals: bool) -> None:
    shop = _SamePage(_rows(14), now=20, order="id", totals=totals, paging="cursor")
    with pytest.raises(ContractBroken, match="loop"):
        Reader(shop, **profile).run()


@pytest.mark.parametrize("seconds", [0, 1])
@pytest.mark.parametrize("at_request", range(1, 9))
@pytest.mark.parametrize(
    ("options", "profile"),
    [
        (BY_CURSOR, {}),
        (CLOSED, {}),
        ({"order": "cursor", "paging": "cursor"}, {}),
        ({"order": "cursor", "paging": "stable"}, {}),
        (OVERLAP, NO_END),
        (CLOSED, NO_END),
    ],
)
def test_a_shop_that_goes_away_for_good_never_looks_like_the_end(
    options: dict[str, Any], profile: dict[str, Any], at_request: int, seconds: int
) -> None:
    shop = FakeShop(_rows(12, seconds), now=20, totals=False, **options)

    def fail() -> None:
        if shop.asked >= at_request:
            raise ShopUnreachable("gone")

    shop.before_answer = fail
    reader = Reader(shop, **profile)
    try:
        reader.run()
    except PipelineError:
        assert reader.cursor is None
    else:
        assert reader.missing() == {}


def test_a_row_that_two_passes_in_a_row_miss_is_read_by_a_third() -> None:
    shop = _shop(12, order="id", totals=False)

    def write() -> None:
        if shop.asked == 3:
            del shop.rows[1]
        if shop.asked == 6:
            shop.write(0, tick=1)
        if shop.asked == 8:
            del shop.rows[0]

    shop.before_answer = write
    reader = Reader(shop, **NO_END)
    reader.run()
    assert reader.missing() == {}
