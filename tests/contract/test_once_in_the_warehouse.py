"""G2: any number of runs and overlapping re-reads give one row per key, the newest version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.shop.window import Window
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.truth import differences


def test_a_second_run_of_a_quiet_shop_loads_nothing_and_sends_no_package(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        first = warehouse.run(address)
        packages = warehouse.query("SELECT count(*) FROM ecommerce._dlt_loads")
        second = warehouse.run(address)
    assert first.packages
    assert sum(account.loaded for account in second.accounts) == 0
    assert second.packages == []
    assert warehouse.query("SELECT count(*) FROM ecommerce._dlt_loads") == packages


@BY_SQL
def test_overlapping_re_reads_leave_one_row_per_key_and_the_cursor_alone(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    opened = shop.options.opened_at
    with shop.serve() as address:
        before = warehouse.run(address).accounts
        for days in (40, 60, 20):
            window = Window(opened - timedelta(days=days), opened - timedelta(days=days - 30))
            outcome = warehouse.run(address, Request(window=window))
            assert sum(account.loaded for account in outcome.accounts) == 0
            assert sum(account.repeated for account in outcome.accounts) > 0
        after = warehouse.run(address).accounts
    assert [a.cursor_before for a in after] == [a.cursor_after for a in before]
    assert differences(shop, warehouse.database) == []


def test_a_window_that_loads_something_leaves_the_cursor_alone(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.0)
    opened = shop.options.opened_at
    with shop.serve() as address:
        before = warehouse.run(address).accounts
        first, second, *_ = shop.truth("orders")
        shop.update("orders", first["id"], status="left out", updated_at=opened + timedelta(days=10))
        shop.update("orders", second["id"], status="read", updated_at=opened + timedelta(days=20))
        outcome = warehouse.run(address, Request(window=Window(opened + timedelta(days=15), None)))
        assert sum(account.loaded for account in outcome.accounts) == 1
        after = warehouse.run(address).accounts
    assert [a.cursor_before for a in after] == [a.cursor_after for a in before]
    assert differences(shop, warehouse.database) == []


def test_children_are_those_of_the_newest_version(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.0)
    with shop.serve() as address:
        warehouse.run(address)
        first, second, *_ = shop.truth("orders")
        shop.update("orders", first["id"], tags=[])
        shop.update("orders", second["id"], tags=["only", "these"])
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


@BY_SQL
def test_an_older_version_never_replaces_a_newer_one(open_shop: OpenShop) -> None:
    """A stale replica answers a re-read: what it serves is older than what is loaded."""
    shop, warehouse = open_shop(invalid_share=0.0)
    stale, _ = open_shop(invalid_share=0.0)
    with shop.serve() as address, stale.serve() as stale_address:
        order = shop.truth("orders")[0]
        shop.update("orders", order["id"], status="edited")
        warehouse.run(address)
        outcome = warehouse.run(stale_address, Request(window=Window(None, None)))
    assert sum(account.loaded for account in outcome.accounts) == 0
    assert warehouse.query(f"SELECT status FROM ecommerce.orders WHERE id = {order['id']}") == [("edited",)]
    assert differences(shop, warehouse.database) == []


def test_two_versions_within_one_instant_leave_the_one_read_last(open_shop: OpenShop) -> None:
    """With instants of whole seconds an edit can be hidden behind an equal timestamp."""
    instant = datetime.now(UTC)
    shop, warehouse = open_shop(precision="second", invalid_share=0.0, clock=lambda: instant)
    with shop.serve() as address:
        order = shop.truth("orders")[-1]
        shop.update("orders", order["id"], status="first")
        warehouse.run(address)
        shop.update("orders", order["id"], status="second")
        warehouse.run(address)
    assert warehouse.query(f"SELECT status FROM ecommerce.orders WHERE id = {order['id']}") == [("second",)]
