"""Slices that are walked side by side lose nothing, and their pages come as if one had walked from beginning to end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommerce_pipeline.errors import ContractBroken, ShopUnreachable
from ecommerce_pipeline.shop.crew import Crew
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.walks import one_after_the_other, side_by_side, walk
from ecommerce_pipeline.shop.window import Window
from tests.unit.shop.fake_shop import WALKS, FakeShop, Reader, instant

CUT = {name: options for name, options in WALKS.items() if "until_param" not in options}
"""Those whose lists can be cut."""

CONNECTIONS = 3

# A write: what happens (delete, else insert or edit), to which row, how far the clock moves first.
WRITE = st.tuples(st.integers(0, 5), st.integers(1, 45), st.integers(0, 1))
SCHEDULE = st.lists(st.lists(WRITE, max_size=2), max_size=40)


@pytest.fixture(autouse=True)
def _cut_short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "WORTH_IT", 1)
    monkeypatch.setattr(side_by_side, "SLICE_PAGES", (1, 2))


class _Crewed(Reader):
    """Reads with threads."""

    def pages(self, endpoint: Endpoint, window: Window, ceiling: datetime, attempts: int) -> Iterator[Page]:
        crew = Crew(CONNECTIONS)
        try:
            yield from crew.list_ahead(
                walk(endpoint, window, ceiling, attempts, crew=crew), lambda page: page.size
            )
        finally:
            crew.stop()


def _shop(walk: str, seconds: list[int]) -> FakeShop:
    shop = FakeShop({key: [second, 0] for key, second in enumerate(seconds, 1)}, **CUT[walk])
    shop.now = max(seconds, default=0)
    return shop


@pytest.mark.parametrize("walk", CUT)
@settings(max_examples=40, deadline=None)
@given(seconds=st.lists(st.integers(0, 60), min_size=20, max_size=45), schedule=SCHEDULE)
def test_after_any_schedule_of_writes_one_quiet_run_makes_the_warehouse_equal(
    walk: str, seconds: list[int], schedule: list[list[tuple[int, int, int]]]
) -> None:
    shop = _shop(walk, seconds)
    reader, waiting = _Crewed(shop), iter(schedule)

    def write() -> None:
        for what, key, tick in next(waiting, []):
            if what == 0:
                shop.rows.pop(key, None)
            else:
                shop.write(key, tick)

    shop.before_answer = write
    try:
        reader.run(ceiling=instant(shop.now - 1), attempts=20)
    except ContractBroken:
        reader.cursor = None
    shop.before_answer = lambda: None
    reader.run()
    assert reader.missing() == {}


@pytest.mark.parametrize("walk", CUT)
def test_what_a_page_calls_settled_has_come_before(walk: str) -> None:
    shop = _shop(walk, [second // 2 for second in range(200)])
    reader = _Crewed(shop)
    endpoint = reader.endpoint()
    came: set[int] = set()
    threads: set[str] = set()
    shop.before_answer = lambda: threads.add(threading.current_thread().name)
    settled = []
    for page in reader.pages(endpoint, Window(), instant(shop.now), 5):
        if page.settled:
            below = {key for key, (second, _) in shop.rows.items() if instant(second) < page.settled}
            assert below <= came
            settled.append(page.settled)
        came |= {row["id"] for row in page.rows}
    assert came == set(shop.rows)
    assert settled == sorted(settled)
    assert len(set(settled)) > 10
    assert endpoint.pages >= 200 // 3


@pytest.mark.parametrize("walk", ["cursor walk", "closed window"])
def test_slices_are_walked_at_the_same_time(walk: str) -> None:
    shop = _shop(walk, list(range(100)))
    asked: set[int] = set()
    side_by_side_now = threading.Barrier(CONNECTIONS, timeout=10)
    met = threading.Event()
    reader = _Crewed(shop)
    get = shop.get

    def held(request: Any, use: Any) -> Any:
        since = dict(request.params).get("since")
        if since and use.kind and not met.is_set() and since >= instant(30).isoformat():
            asked.add(threading.get_ident())
            side_by_side_now.wait()
            met.set()
        return get(request, use)

    shop.get = held  # type: ignore[method-assign]
    reader.run()
    assert len(asked) == CONNECTIONS
    assert reader.missing() == {}


def test_the_error_of_a_slice_comes_after_the_pages_before_it() -> None:
    shop = _shop("cursor walk", list(range(100)))
    get = shop.get

    def failing(request: Any, use: Any) -> Any:
        since = dict(request.params).get("since", "")
        if use.kind and instant(50).isoformat() <= since:
            raise ShopUnreachable("away")
        return get(request, use)

    shop.get = failing  # type: ignore[method-assign]
    reader = _Crewed(shop)
    came: set[int] = set()
    pages = reader.pages(reader.endpoint(), Window(), instant(shop.now), 5)
    with pytest.raises(ShopUnreachable):
        came.update(row["id"] for page in pages for row in page.rows)
    assert set(range(1, 50)) <= came


def test_the_end_of_a_list_is_its_most_pages_whoever_asks_for_them() -> None:
    shop = _shop("cursor walk", list(range(100)))
    reader = _Crewed(shop)
    endpoint = reader.endpoint()
    endpoint.most_pages = 20
    with pytest.raises(ContractBroken, match="has not ended after"):
        list(reader.pages(endpoint, Window(), instant(shop.now), 5))
    assert endpoint.pages <= 20 + CONNECTIONS


def test_a_twin_has_paging_of_its_own_and_counts_pages_with_its_list() -> None:
    endpoint = _Crewed(_shop("stable references", [1, 2, 3, 4])).endpoint()
    twin = endpoint.twin()
    assert twin._paginator is not endpoint._paginator
    twin.page(twin.first(Window()))
    assert endpoint.pages == 1


def test_a_short_list_asks_nothing_more_than_one_walk_does() -> None:
    asked = []
    for reader in (Reader, _Crewed):
        shop = _shop("cursor walk", [1, 2, 3])
        reader(shop).run()
        asked.append(shop.asked)
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"cursor_changes": {"since_param": None}}, "no filter by the cursor"),
        ({"order": "id", "cursor_changes": {"until_param": None}}, "no filter closes it"),
        ({"paging_changes": {"total_path": None}}, "reports no totals"),
    ],
)
def test_a_list_that_cannot_be_cut_says_why(
    declared: dict[str, Any], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    reader = _Crewed(_shop("cursor walk", list(range(30))), **declared)
    assert words in str(one_after_the_other(reader.endpoint()))
    reader.run()
    said = [text for text in map(logging.LogRecord.getMessage, caplog.records) if "page after page" in text]
    assert len(said) == 1
    assert words in said[0]
