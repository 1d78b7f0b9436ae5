"""G6: each fault is retried, paced or refused with a message that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from ecommerce_pipeline.demo import Faults
from ecommerce_pipeline.errors import ContractBroken, RunFailed, ShopRefused, ShopUnreachable
from ecommerce_pipeline.load.request import Request
from tests.contract.conftest import OpenShop
from tests.support.styles import STYLES
from tests.support.truth import RESOURCES, differences

pytestmark = pytest.mark.reader

TRANSIENT = {
    "timeout": "timeout",
    "reset": "connection",
    "truncated": "truncated",
    "throttle_seconds": "throttled",
    "throttle_date": "throttled",
    "throttle_zero": "throttled",
    "throttle_plain": "throttled",
    "server_error": "server_error",
    "html": "html",
    "broken_json": "broken_json",
    "empty_page": "empty_page",
}


@pytest.mark.parametrize("fault", TRANSIENT)
def test_a_passing_fault_is_retried_and_counted(open_shop: OpenShop, fault: str) -> None:
    shop, warehouse = open_shop(faults=Faults.of({fault: 0.2}), stall_seconds=0.3, retry_after_seconds=0)
    profile = warehouse.profile(page_size=20)
    # A date says whole seconds: fewer requests, fewer pauses.
    read = ("customers", "orders") if fault == "throttle_date" else RESOURCES
    with shop.serve() as address:
        outcome = warehouse.run(address, Request(resources=read), profile, read_timeout_seconds=0.1)
    assert sum(account.retries[TRANSIENT[fault]] for account in outcome.accounts) > 0
    assert differences(shop, warehouse.database, read) == []


@pytest.mark.parametrize("paging", STYLES)
def test_five_per_cent_of_mixed_faults_lose_nothing(open_shop: OpenShop, paging: str) -> None:
    shop, warehouse = open_shop(
        paging=paging,
        faults=Faults.mixed(0.05),
        writes_per_request=1,
        stall_seconds=0.3,
        retry_after_seconds=0,
    )
    profile = warehouse.profile(page_size=10)
    with shop.serve() as address:
        warehouse.run(address, profile=profile, read_timeout_seconds=0.1)
        shop.change(writes_per_request=0)
        warehouse.run(address, profile=profile, read_timeout_seconds=0.1)
    assert differences(shop, warehouse.database) == []


def test_an_expired_token_is_asked_for_once_more(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(faults=Faults(expired_token=0.2, most_in_a_row=4))
    with shop.serve() as address:
        outcome = warehouse.run(address, profile=warehouse.profile(page_size=10))
    assert sum(account.retries["expired_token"] for account in outcome.accounts) > 0
    assert differences(shop, warehouse.database) == []


def test_an_access_token_that_expired_is_fetched_anew(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(auth="oauth2", faults=Faults(expired_token=0.2, most_in_a_row=1))
    with shop.serve() as address:
        declared = {"type": "oauth2_client_credentials", "access_token_url": f"{address}/oauth/token"}
        warehouse.run(
            address,
            profile=warehouse.profile(page_size=10, auth=declared),
            shop_client_id="demo",
            shop_client_secret=shop.options.token,
            connections=1,  # a refusal of the first request may not be for a token that another one has used up
        )
    assert differences(shop, warehouse.database) == []


@pytest.mark.parametrize("paging", ["cursor", "header_link", "json_link"])
def test_a_reference_that_leads_back_is_a_loop_and_is_refused(open_shop: OpenShop, paging: str) -> None:
    shop, warehouse = open_shop(paging=paging, sort="id", faults=Faults(loop=1.0))
    with shop.serve() as address, pytest.raises(ContractBroken, match="loop"):
        warehouse.run(address, profile=warehouse.profile(page_size=20))


def test_a_total_that_lies_is_refused_and_names_both_numbers(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(faults=Faults(lying_total=1.0))
    with (
        shop.serve() as address,
        pytest.raises(RunFailed, match=r"reports \d+ rows and gives \d+|where \d+ rows are reported"),
    ):
        warehouse.run(address, profile=warehouse.profile(page_size=20), window_attempts=2)


def test_a_total_that_lies_once_in_a_while_costs_another_reading(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(faults=Faults(lying_total=0.3))
    with shop.serve() as address:
        # Each check of two totals fails half the time; five attempts would be too few for all of them.
        warehouse.run(address, profile=warehouse.profile(page_size=20), window_attempts=30)
    assert differences(shop, warehouse.database) == []


def test_a_fault_that_stays_ends_the_run_and_the_next_one_loads_everything(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        shop.change(faults=Faults(server_error=1.0))
        with pytest.raises(ShopUnreachable, match=r"failed 3 times, last: 50\d"):
            warehouse.run(address, request_attempts=3)
        shop.change(faults=Faults())
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


def test_a_list_of_more_pages_than_allowed_ends_the_run_and_the_cursor_stays(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    profile = warehouse.profile(page_size=20)
    with shop.serve() as address:
        with pytest.raises(ContractBroken, match=r"has not ended after 2 pages.*The cursor stays"):
            warehouse.run(address, profile=profile, list_max_pages=2)
        warehouse.run(address, profile=profile)
    assert differences(shop, warehouse.database) == []


def test_a_page_larger_than_allowed_ends_the_run_and_says_so(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address, pytest.raises(ShopRefused, match=r"more than 2048 bytes, .*`page_size`"):
        warehouse.run(address, response_max_bytes=2048)


def test_a_wrong_key_stops_before_anything_is_written(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address, pytest.raises(ShopRefused, match="does not accept the key"):
        warehouse.run(address, shop_token="wrong")
    assert not warehouse.door.exists()
    assert not (warehouse.folder / "data").exists()


def test_a_missing_permission_stops_before_anything_is_written(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address, pytest.raises(ShopRefused, match=r"payments.* may not read"):
        warehouse.run(address, shop_token="no-payments")
    assert not warehouse.door.exists()


def test_a_pause_longer_than_allowed_ends_the_run_and_says_so(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(faults=Faults(throttle_seconds=1.0), retry_after_seconds=900)
    with shop.serve() as address, pytest.raises(RunFailed, match="retry_after_max_seconds"):
        warehouse.run(address)


def test_a_rate_limit_is_kept_by_the_headers(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(rate_limit=10.0, sizes={"customers": 20, "products": 10, "orders": 30})
    read = ("customers", "orders")
    with shop.serve() as address:
        outcome = warehouse.run(address, Request(resources=read), warehouse.profile(page_size=5))
    assert sum(account.pages for account in outcome.accounts) > 5
    assert sum(account.retries["throttled"] for account in outcome.accounts) == 0
    assert differences(shop, warehouse.database, read) == []


def test_a_list_that_is_not_sorted_as_declared_is_refused(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sort="id")
    with shop.serve() as address, pytest.raises(ContractBroken, match="sorted by `updated_at`"):
        warehouse.run(address, profile=warehouse.profile(order="cursor"))


def test_a_filter_that_the_shop_ignores_is_refused(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        shop.touch_random()
        with pytest.raises(ContractBroken, match="ignores the filter"):
            warehouse.run(address, profile=warehouse.profile(cursor={"since_param": "changed_since"}))


@pytest.mark.parametrize(
    ("paging", "wrong"),
    [
        ("page_number", {"page_param": "p"}),
        ("cursor", {"cursor_path": "nowhere"}),
        ("json_link", {"next_url_path": "nowhere"}),
    ],
)
def test_paging_that_leads_nowhere_is_refused_though_the_shop_reports_no_totals(
    open_shop: OpenShop, paging: str, wrong: dict[str, str]
) -> None:
    shop, warehouse = open_shop(paging=paging, totals=False)
    profile = warehouse.profile(paging={"total_path": None, **wrong})
    with shop.serve() as address, pytest.raises(ContractBroken, match="does not lead to them"):
        warehouse.run(address, profile=profile)


@pytest.mark.parametrize("auth", ["api_key", "basic", "oauth2"])
def test_every_kind_of_auth_reads_the_shop(open_shop: OpenShop, auth: str) -> None:
    shop, warehouse = open_shop(auth=auth)
    key = shop.options.token
    with shop.serve() as address:
        declared = {
            "api_key": {"type": "api_key", "name": "X-Api-Key"},
            "basic": {"type": "http_basic"},
            "oauth2": {"type": "oauth2_client_credentials", "access_token_url": f"{address}/oauth/token"},
        }[auth]
        secrets: dict[str, Any] = {
            "api_key": {"shop_api_key": key},
            "basic": {"shop_username": "demo", "shop_password": key},
            "oauth2": {"shop_client_id": "demo", "shop_client_secret": key},
        }[auth]
        warehouse.run(address, profile=warehouse.profile(auth=declared), **secrets)
    assert differences(shop, warehouse.database) == []
