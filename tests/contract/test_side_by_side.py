"""G1, G3, G6 with many requests under way: slices that are read side by side while the shop is edited lose nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop, Faults
from ecommerce_pipeline.demo.routes import Routes
from ecommerce_pipeline.errors import RunFailed
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.shop import ahead
from ecommerce_pipeline.shop import crew as crews
from ecommerce_pipeline.shop.walks import side_by_side
from tests.contract.conftest import OpenShop
from tests.support.processes import in_a_process
from tests.support.styles import each_order
from tests.support.truth import RESOURCES, differences
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.reader

SIZES = {"customers": 120, "products": 40, "orders": 400}
PAGE = 5
READ = ("customers", "orders")
ALWAYS = (
    ("page_number", "updated_at"),
    ("offset", "-updated_at"),
    ("cursor", "updated_at"),
    ("json_link", "id"),
)


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "SLICE_PAGES", (2, 4))


def _opened(open_shop: OpenShop, **options: Any) -> tuple[DemoShop, Warehouse]:
    return open_shop(sizes=SIZES, **options)


def _under_way(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many requests were under way when each one came."""
    seen: list[int] = []
    now = [0]
    lock, answer = threading.Lock(), Routes.answer

    def counted(self: Routes, request: Any) -> Any:
        with lock:
            now[0] += 1
            seen.append(now[0])
        try:
            return answer(self, request)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(Routes, "answer", counted)
    return seen


def _left_over() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "reader"]


@pytest.mark.parametrize(("paging", "sort"), each_order("updated_at", "-updated_at", "id", always=ALWAYS))
def test_writes_while_slices_are_read_lose_nothing(open_shop: OpenShop, paging: str, sort: str) -> None:
    shop, warehouse = _opened(open_shop, paging=paging, sort=sort, writes_per_request=1)
    profile = warehouse.profile(page_size=PAGE)
    with shop.serve() as address:
        warehouse.run(address, Request(resources=READ), profile, connections=6, window_attempts=50)
        shop.change(writes_per_request=0)
        warehouse.run(address, Request(resources=READ), profile, connections=6)
    assert differences(shop, warehouse.database, READ) == []
    assert _left_over() == []


@pytest.mark.parametrize("paging", ["page_number", "json_link"])
def test_faults_while_slices_are_read_lose_nothing(open_shop: OpenShop, paging: str) -> None:
    shop, warehouse = _opened(open_shop, paging=paging, stall_seconds=0.3, faults=Faults.mixed(0.2))
    with shop.serve() as address:
        outcome = warehouse.run(
            address, Request(resources=READ), warehouse.profile(page_size=PAGE), read_timeout_seconds=0.2
        )
    assert differences(shop, warehouse.database, READ) == []
    failed = sum(asked.fault is not None for asked in shop.requests)
    counted = sum(account.retries.total() for account in outcome.accounts)
    assert 0 < counted <= failed


def test_a_shop_that_refuses_whoever_asks_too_fast_is_read_to_the_end(open_shop: OpenShop) -> None:
    shop, warehouse = _opened(open_shop, rate_limit=60)
    with shop.serve() as address:
        outcome = warehouse.run(address, Request(resources=READ), warehouse.profile(page_size=PAGE))
    assert differences(shop, warehouse.database, READ) == []
    refused = sum(asked.status == 429 for asked in shop.requests)
    assert sum(account.retries["throttled"] for account in outcome.accounts) <= refused
    assert refused < len(shop.requests) / 4


def test_the_limit_of_a_profile_and_that_of_the_settings_hold(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _under_way(monkeypatch)
    for limits, most in (({"connections": 1}, 1), ({"connections": 3}, 3), ({}, 2)):
        seen.clear()
        shop, warehouse = _opened(open_shop, latency_seconds=0.002)
        pacing = {} if limits else {"pacing": {"max_connections": 2}}
        with shop.serve() as address:
            warehouse.run(
                address, Request(resources=READ), warehouse.profile(page_size=PAGE, **pacing), **limits
            )
        assert max(seen) == most
        warehouse.door.delete()


def test_what_is_loaded_and_counted_is_what_one_walk_would_have(open_shop: OpenShop) -> None:
    accounts = []
    for connections in (1, 8):
        shop, warehouse = _opened(open_shop, invalid_share=0.1)
        with shop.serve() as address:
            outcome = warehouse.run(
                address, Request(resources=READ), warehouse.profile(page_size=PAGE), connections=connections
            )
        assert differences(shop, warehouse.database, READ) == []
        accounts.append([(a.resource, a.loaded, a.rejected_rows, a.cursor_after) for a in outcome.accounts])
        pages = sum(asked.query.get("page_size") == str(PAGE) for asked in shop.requests)
        assert sum(a.pages for a in outcome.accounts) == pages
        warehouse.door.delete()
    assert accounts[0] == accounts[1]


def test_steps_are_committed_in_order_while_slices_are_ahead(open_shop: OpenShop) -> None:
    shop, warehouse = _opened(open_shop, writes_per_request=1)
    profile = warehouse.profile(page_size=PAGE)
    with shop.serve() as address:
        outcome = warehouse.run(
            address, Request(resources=("orders",)), profile, checkpoint_rows=60, window_attempts=50
        )
        shop.change(writes_per_request=0)
        warehouse.run(address, Request(resources=("orders",)), profile)
    assert len(outcome.packages) >= 4
    assert differences(shop, warehouse.database, ("orders",)) == []


@pytest.mark.parametrize(
    "stage",
    [
        "twin",
        "send",
        pytest.param("to_front", marks=pytest.mark.long),
        pytest.param("keep_position", marks=pytest.mark.long),
    ],
)
def test_a_kill_while_slices_are_ahead_costs_nothing(open_shop: OpenShop, stage: str) -> None:
    shop, warehouse = _opened(open_shop)
    profile = warehouse.profile(page_size=PAGE)
    with shop.serve() as address:
        assert in_a_process(shop, warehouse, profile, "load", stage) == 0
        for _ in range(30):
            shop.touch_random()
        warehouse.run(address, profile=profile)
    assert differences(shop, warehouse.database, RESOURCES) == []


def test_a_run_that_fails_ends_its_threads_and_writes_no_page_more(open_shop: OpenShop) -> None:
    shop, warehouse = _opened(open_shop, latency_seconds=0.005)
    archive = warehouse.folder / "archive"
    away = Faults(server_error=1.0, most_in_a_row=1000)
    with shop.serve() as address:
        timer = threading.Timer(0.6, lambda: shop.change(faults=away))
        timer.start()
        with pytest.raises(RunFailed):
            warehouse.run(
                address,
                profile=warehouse.profile(page_size=PAGE),
                archive=True,
                archive_address=str(archive),
                request_attempts=2,
            )
        timer.join()
        left, written = _left_over(), sorted(archive.rglob("*"))
        shop.change(faults=Faults())
    assert left == []
    assert sorted(archive.rglob("*")) == written
    assert [path for path in written if path.suffix == ".part"] == []


def test_pages_wait_in_bounded_number_while_a_package_is_loaded(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "PAGES_AHEAD", 2)
    waiting: list[int] = []
    put = ahead.Ahead._put

    def noted(self: Any, item: Any) -> None:
        put(self, item)
        waiting.append(self._crew.pages)

    monkeypatch.setattr(ahead.Ahead, "_put", noted)
    shop, warehouse = _opened(open_shop)
    with shop.serve() as address:
        warehouse.run(
            address,
            Request(resources=READ),
            warehouse.profile(page_size=PAGE),
            connections=4,
            checkpoint_rows=150,
        )
    assert max(waiting) <= 2 * 2 * 4 + ahead.OWN_PAGES * 5 * len(READ)
    assert differences(shop, warehouse.database, READ) == []
