"""A profile that is wrong, or a shop that lies: everything comes, or the run is refused; never a part of it."""

from __future__ import annotations

from typing import Any

import pytest

from ecommerce_pipeline.errors import ContractBroken, RunFailed, ShopRefused
from ecommerce_pipeline.shop.walks.by_cursor import cursor_walk
from ecommerce_pipeline.shop.window import Window
from tests.unit.shop.fake_shop import FakeShop, Reader, instant

BY_CURSOR: dict[str, Any] = {"order": "cursor"}
CLOSED: dict[str, Any] = {"order": "id"}
OVERLAP: dict[str, Any] = {"order": "id", "paging": "offset"}
NO_END: dict[str, Any] = {"cursor_changes": {"until_param": None}}


def _rows(count: int, seconds_each: int = 1) -> dict[Any, list[Any]]:
    return {key: [key * seconds_each, 0] for key in range(1, count + 1)}


def _shop(count: int, **options: Any) -> FakeShop:
    return FakeShop(_rows(count), now=count, **options)


def test_a_clock_that_stands_still_does_not_end_the_walk() -> None:
    reader = Reader(_shop(20))
    reader.run(ceiling=instant(2))
    assert reader.missing() == {}
    assert reader.cursor == instant(2)


def test_a_shop_that_writes_faster_than_it_is_read_does_not_hold_the_run() -> None:
    shop = _shop(4)

    def write() -> None:
        for key in range(6):
            shop.write(shop.asked * 10 + key, tick=1)

    shop.before_answer = write
    endpoint = Reader(shop).endpoint()
    pages = list(cursor_walk(endpoint, Window(), instant(4), attempts=5, newest_pages=10))
    assert len(pages) == 12


@pytest.mark.parametrize("paging", ["page_number", "offset", "cursor"])
def test_a_second_that_is_written_faster_than_it_is_read_does_not_fail_the_run(paging: str) -> None:
    shop = FakeShop({key: [4, 0] for key in range(1, 9)}, now=4, paging=paging)
    shop.before_answer = lambda: shop.write(shop.asked * 10)
    reader = Reader(shop)
    reader.run()
    assert reader.cursor == instant(4)
    shop.before_answer = lambda: None
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("count", [3, 4, 6, 10])
@pytest.mark.parametrize("options", [BY_CURSOR, CLOSED])
@pytest.mark.parametrize("beyond", [{"refuses_beyond": True}, {"repeats_last": True}])
def test_a_shop_without_a_page_beyond_the_end_is_read_whole(
    count: int, options: dict[str, Any], beyond: dict[str, Any]
) -> None:
    reader = Reader(_shop(count, **options, **beyond))
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("count", [1, 3, 4, 10])
@pytest.mark.parametrize(
    ("options", "profile"),
    [(BY_CURSOR, {}), (CLOSED, {}), (OVERLAP, NO_END), ({"order": "id", "paging": "page_number"}, NO_END)],
)
@pytest.mark.parametrize("lie", [lambda total, on_page: on_page, lambda total, on_page: 3])
def test_a_total_that_is_too_low_never_ends_a_list(
    count: int, options: dict[str, Any], profile: dict[str, Any], lie: Any
) -> None:
    reader = Reader(_shop(count, total_of=lie, **options), **profile)
    try:
        reader.run()
    except RunFailed:
        assert reader.cursor is None  # refused as a whole
    else:
        assert reader.missing() == {}


@pytest.mark.parametrize("seconds_each", [0, 1])
@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize(
    ("options", "profile"),
    [
        (BY_CURSOR, {}),
        ({"order": "cursor", "paging": "cursor"}, {}),
        ({"order": "id", "paging": "cursor"}, {}),
        ({"order": "cursor", "paging": "stable"}, {}),
        ({"order": "id", "paging": "cursor"}, NO_END),
    ],
)
def test_a_total_that_is_too_high_is_refused(
    options: dict[str, Any], profile: dict[str, Any], count: int, seconds_each: int
) -> None:
    shop = FakeShop(
        _rows(count, seconds_each), now=count, total_of=lambda total, on_page: total + 1, **options
    )
    with pytest.raises(RunFailed, match=r"reports \d+ rows and gives \d+|where \d+ rows are reported"):
        Reader(shop, **profile).run()


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize(
    ("options", "profile", "name"),
    [
        ({"order": "id"}, {}, "page"),
        ({"order": "id"}, NO_END, "page"),
        ({"order": "id", "paging": "offset"}, {}, "offset"),
        (OVERLAP, NO_END, "offset"),
        ({"order": "cursor"}, {}, "page"),
        ({"order": "id", "paging": "cursor"}, {}, "token"),
    ],
)
def test_a_parameter_that_the_shop_does_not_know_is_refused(
    totals: bool, options: dict[str, Any], profile: dict[str, Any], name: str
) -> None:
    shop = FakeShop(
        {key: [1, 0] for key in range(1, 10)}, now=1, totals=totals, ignored=(name, "size"), cap=3, **options
    )
    for page_size_param in ("size", None):
        with pytest.raises(ContractBroken, match=r"loop|not sorted|rows"):
            Reader(shop, changes={"page_size_param": page_size_param}, **profile).run()


@pytest.mark.parametrize("totals", [True, False])
def test_a_filter_that_leaves_out_its_own_bound_is_refused_and_the_cure_named(totals: bool) -> None:
    shop = FakeShop({key: [key // 4, 0] for key in range(12)}, now=9, since_inclusive=False, totals=totals)
    with pytest.raises(ContractBroken, match="since_inclusive = false"):
        Reader(shop).run()


def test_a_declared_exclusive_filter_loses_nothing() -> None:
    shop = FakeShop({key: [key // 4, 0] for key in range(12)}, now=9, since_inclusive=False)
    reader = Reader(shop, cursor_changes={"since_inclusive": False})
    reader.run()
    shop.write(1)
    reader.run()
    assert reader.missing() == {}


def test_rows_without_a_cursor_that_the_filter_hides_are_refused() -> None:
    shop = _shop(10)
    shop.rows |= {key: [None, 0] for key in range(20, 26)}
    with pytest.raises(ContractBroken, match=r'order = "unknown"'):
        Reader(shop).run()


def test_rows_without_a_cursor_that_the_filter_shows_are_read() -> None:
    shop = _shop(10, hides_missing=False)
    shop.rows |= {key: [None, 0] for key in range(20, 26)}
    reader = Reader(shop)
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_bound_that_the_shop_ignores_is_refused(name: str) -> None:
    shop = _shop(10, order="id", ignored=(name,))
    with pytest.raises(ContractBroken, match=f"{name}_param"):
        Reader(shop).run(Window(instant(3), instant(6)), ceiling=instant(10))


@pytest.mark.parametrize("options", [BY_CURSOR, CLOSED])
def test_a_key_that_the_shop_has_twice_does_not_end_the_run(options: dict[str, Any]) -> None:
    reader = Reader(_shop(8, doubled=(3, 7), **options))
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_overlapping_pages_end_at_the_last_row(count: int, totals: bool) -> None:
    reader = Reader(_shop(count, totals=totals, **OVERLAP), **NO_END)
    reader.run()
    assert reader.missing() == {}
    assert reader.retries == {}


@pytest.mark.parametrize("at_request", [8, 12])
@pytest.mark.parametrize("totals", [True, False])
def test_overlapping_pages_find_their_way_back_after_many_deletions(totals: bool, at_request: int) -> None:
    shop = _shop(30, totals=totals, **OVERLAP)

    def delete() -> None:
        if shop.asked == at_request:
            for key in range(1, 14):
                del shop.rows[key]

    shop.before_answer = delete
    reader = Reader(shop, **NO_END)
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("totals", [True, False])
def test_pages_of_one_row_cannot_overlap_and_are_refused(totals: bool) -> None:
    with pytest.raises(ContractBroken, match="one row per page"):
        Reader(_shop(5, cap=1, totals=totals, **OVERLAP), **NO_END).run()


def test_a_list_that_never_stands_still_is_refused_in_one_sentence() -> None:
    shop = _shop(9, order="id")
    shop.before_answer = lambda: shop.write(100 + shop.asked, tick=1)
    with pytest.raises(ContractBroken, match="in each of 3 readings"):
        Reader(shop, **NO_END).run(attempts=3)


@pytest.mark.parametrize("at_request", range(2, 9))
@pytest.mark.parametrize(
    "options", [{"order": "id"}, {"order": "id", "paging": "offset"}, {"order": "cursor"}]
)
def test_a_page_that_is_refused_after_rows_left_the_list_is_no_reason_to_stop(
    options: dict[str, Any], at_request: int
) -> None:
    seconds = 0 if options["order"] == "cursor" else 1
    shop = FakeShop(_rows(10, seconds), now=20, refuses_beyond=True, **options)
    shop.before_answer = lambda: shop.write(1, tick=1) if shop.asked == at_request else None
    reader = Reader(shop)
    reader.run()
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("at_request", range(2, 8))
@pytest.mark.parametrize("bad", ["refused", "empty"])
@pytest.mark.parametrize(
    ("options", "profile"),
    [
        ({"order": "id"}, {}),
        ({"order": "id", "paging": "offset"}, {}),
        ({"order": "id"}, NO_END),
        (BY_CURSOR, {}),
    ],
)
def test_one_page_without_rows_in_the_middle_never_ends_a_list_that_has_no_totals(
    options: dict[str, Any], profile: dict[str, Any], bad: str, at_request: int
) -> None:
    seconds = 0 if options["order"] == "cursor" else 1
    shop = FakeShop(_rows(12, seconds), now=20, totals=False, **options)
    shop.without_rows = {at_request: bad}
    reader = Reader(shop, **profile)
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("options", [{"order": "id"}, {"order": "id", "paging": "offset"}, BY_CURSOR])
def test_a_shop_that_refuses_pages_far_from_the_beginning_is_refused(options: dict[str, Any]) -> None:
    seconds = 0 if options["order"] == "cursor" else 1
    shop = FakeShop(_rows(12, seconds), now=20, totals=False, deepest=6, **options)
    with pytest.raises(ContractBroken, match="refuses pages far from the beginning"):
        Reader(shop).run()


def test_a_list_without_totals_that_is_read_twice_ends_where_pages_are_refused() -> None:
    reader = Reader(_shop(10, order="id", totals=False, refuses_beyond=True), **NO_END)
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("status", [401, 403, 302])
def test_a_refusal_of_the_key_is_never_the_end_of_a_list(status: int) -> None:
    shop = _shop(10, order="id", totals=False, refuses_beyond=True, refusal=status)
    with pytest.raises(ShopRefused):
        Reader(shop, **NO_END).run()
