"""G5: where a shop tells nothing of deletions, a sweep over its keys finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ecommerce_pipeline.checks.listing import Listing
from ecommerce_pipeline.checks.verify import verify_and_repair
from ecommerce_pipeline.errors import ContractBroken, SettingError, TooManyGone
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.window import Window
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.checked import repaired, swept, verified, wrongly_live
from tests.support.truth import RESOURCES, differences
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse

pytestmark = [BY_SQL, pytest.mark.server]

MARKED = "SELECT id FROM ecommerce.orders WHERE _deleted_at IS NOT NULL ORDER BY id"
UNFOLLOWED = """SELECT count(*) FROM ecommerce.orders__tags AS t JOIN ecommerce.orders AS o
    ON o._dlt_id = t._dlt_parent_id WHERE t._deleted_at IS DISTINCT FROM o._deleted_at"""


@pytest.mark.parametrize(
    ("paging", "sort", "until_param"),
    [
        ("page_number", "updated_at", "updated_before"),
        *(
            pytest.param(*style, marks=pytest.mark.reader)
            for style in (
                ("page_number", "updated_at", None),
                ("offset", "id", None),
                ("cursor", "-updated_at", "updated_before"),
            )
        ),
    ],
)
def test_a_sweep_marks_what_the_shop_has_deleted_and_nothing_else(
    open_shop: OpenShop, paging: str, sort: str, until_param: str | None
) -> None:
    shop, warehouse = open_shop(paging=paging, sort=sort)
    profile = warehouse.profile(cursor={"until_param": until_param})
    with shop.serve() as address:
        warehouse.run(address, profile=profile)
        shop.delete("customers", shop.truth("customers")[0]["id"])
        shop.delete("orders", shop.truth("orders")[0]["id"])
        shop.delete("products", shop.truth("products")[-1]["id"])
        warehouse.run(address, profile=profile)
        swept(warehouse, address, profile)
    assert wrongly_live(shop, warehouse) == []
    assert warehouse.query(UNFOLLOWED) == [(0,)]
    assert differences(shop, warehouse.database) == []


def test_after_a_sweep_nothing_is_left_to_do(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        shop.delete("orders", shop.truth("orders")[0]["id"])
        swept(warehouse, address)
        again = swept(warehouse, address)
        assert verified(warehouse, address, Request(("orders", "order_items"))) == {}
        assert [item.gone + item.back for item in again.values()] == [[]] * len(RESOURCES)
        warehouse.run(address)
        assert warehouse.run(address).packages == []


@pytest.mark.reader
def test_a_sweep_asks_for_keys_alone(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        shop.requests.clear()
        swept(warehouse, address)
    pages = [asked.query for asked in shop.requests if asked.query.get("page_size") == "100"]
    assert len(pages) > len(RESOURCES)
    assert {query.get("fields") for query in pages} == {"id,updated_at"}


@pytest.mark.reader
def test_rows_that_are_edited_during_a_sweep_are_not_marked(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        shop.change(writes_per_request=3)
        swept(warehouse, address, sweep_max_share=1.0)
        shop.change(writes_per_request=0)
        during = [text for text in wrongly_live(shop, warehouse) if text.endswith("marked")]
        warehouse.run(address)
        swept(warehouse, address, sweep_max_share=1.0)
    assert during == []
    assert wrongly_live(shop, warehouse) == []
    assert differences(shop, warehouse.database) == []


def test_a_row_that_is_back_is_unmarked_with_its_lists(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    orders = [{**ORDER, "tags": ["a"]}, {**ORDER, "id": 2, "tags": ["b"]}]
    profile = warehouse.profile()
    with shop.serve() as address:
        shop.put("orders", orders)
        warehouse.run(address, profile=profile)
        shop.put("orders", orders[:1])
        swept(warehouse, address, profile, sweep_max_share=0.5)
        assert warehouse.query(MARKED) == [(2,)]
        assert warehouse.query(UNFOLLOWED) == [(0,)]
        shop.put("orders", orders)
        back = swept(warehouse, address, profile)
    assert back["orders"].back == [2]
    assert warehouse.query(MARKED) == []
    assert warehouse.query(UNFOLLOWED) == [(0,)]


@pytest.mark.reader
def test_a_sweep_that_would_mark_too_much_marks_nothing_until_it_is_told_to(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    orders = [{**ORDER, "id": key} for key in range(1, 11)]
    profile = warehouse.profile()
    with shop.serve() as address:
        shop.put("orders", orders)
        warehouse.run(address, profile=profile)
        shop.put("orders", orders[:8])
        with pytest.raises(TooManyGone, match=r"2 of 10 rows of orders.*sweep_max_share` = 0\.1.*--force"):
            swept(warehouse, address, profile, sweep_min_rows=1)
        assert warehouse.query(MARKED) == []
        swept(warehouse, address, profile)  # two rows are few, whatever their share
        assert warehouse.query(MARKED) == [(9,), (10,)]
        shop.put("orders", [])
        with pytest.raises(TooManyGone, match=r"8 of 8 rows of orders"):
            swept(warehouse, address, profile)
        with pytest.raises(TooManyGone, match=r"8 of 8 rows of orders"):
            repaired(warehouse, address, profile=profile)
    assert warehouse.query(MARKED) == [(9,), (10,)]


def test_a_tombstone_stays_marked_when_a_sweep_meets_it(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    profile = warehouse.profile(tombstone="deleted_at")
    gone: dict[str, Any] = {"deleted_at": "2026-02-03T04:05:06Z"}
    with shop.serve() as address:
        shop.put("orders", [{**ORDER, "id": key} for key in (1, 2, 3)])
        warehouse.run(address, profile=profile)
        shop.put("orders", [{**ORDER, **gone}, {"id": 2, **gone}, {**ORDER, "id": 3}])
        warehouse.run(address, profile=profile)
        found = swept(warehouse, address, profile)["orders"]
    assert (found.gone, found.back) == ([], [])
    assert warehouse.query(MARKED) == [(1,), (2,)]


@pytest.mark.reader
@pytest.mark.parametrize(("fields", "missing"), [("updated_at", "id"), ("id", "updated_at")])
def test_keys_that_do_not_come_are_refused(open_shop: OpenShop, fields: str, missing: str) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        profile = warehouse.profile(sweep_params={"fields": fields})
        with pytest.raises(ContractBroken, match=f"no row has the field `{missing}`"):
            swept(warehouse, address, profile, sweep_max_share=1.0)
    assert warehouse.query(MARKED) == []


def test_the_account_of_a_sweep_travels_with_the_next_load(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        shop.delete("payments", shop.truth("payments")[0]["id"])
        swept(warehouse, address)
        shop.insert("products")
        warehouse.run(address)
    account = warehouse.query(
        "SELECT deleted, fetched = repeated, loaded FROM ecommerce.pipeline_runs"
        " WHERE state = 'swept' AND resource = 'payments'"
    )
    assert account == [(1, True, 0)]


def test_there_is_nothing_to_sweep_before_the_first_load(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address, pytest.raises(SettingError, match=r"no table customers, .*Run `python"):
        swept(warehouse, address)


@pytest.mark.reader
def test_only_the_named_lists_are_swept(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address, Request(("orders", "payments")))
        shop.delete("orders", shop.truth("orders")[0]["id"])
        found = swept(warehouse, address, None, "payments")
    assert list(found) == ["payments"]
    assert warehouse.query(MARKED) == []


def test_a_row_that_is_back_is_unmarked_by_a_run_too(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.0)
    last = max(shop.truth("orders"), key=lambda row: str(row["updated_at"]))["id"]
    with shop.serve() as address:
        warehouse.run(address)
        with warehouse.connected() as connection:
            connection.execute(f"UPDATE ecommerce.orders SET _deleted_at = now() WHERE id = {last}")
        warehouse.run(address)
    assert warehouse.query(MARKED) == []


@pytest.mark.reader
def test_a_row_that_moves_to_the_newest_while_keys_are_read_is_found_there(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sort="id")
    moved = max(row["id"] for row in shop.truth("orders"))
    closed = Listing.pages

    def pages(listing: Listing, part: Window) -> Iterator[Page]:
        """The row leaves the closed part after its first page, and the newest part is shown without it."""
        for page in closed(listing, part):
            rows = [row for row in page.rows if part.until or row["id"] != moved]
            yield replace(page, rows=rows)
            if part.until:
                shop.update("orders", moved, status="edited meanwhile")

    with shop.serve() as address:
        warehouse.run(address)
        monkeypatch.setattr(Listing, "pages", pages)
        found = swept(warehouse, address, None, "orders")
    assert found["orders"].gone == []


@pytest.mark.reader
def test_a_row_whose_time_the_shop_has_set_back_is_not_marked(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecommerce_pipeline.checks.listing.SLICE_ROWS", 60)
    shop, warehouse = open_shop(invalid_share=0.0)
    newest = max(shop.truth("orders"), key=lambda row: str(row["updated_at"]))
    changed = datetime.fromisoformat(newest["updated_at"])
    with shop.serve() as address:
        warehouse.run(address, Request(("orders",)))
        shop.update("orders", newest["id"], updated_at=changed - timedelta(days=300))
        found = swept(warehouse, address, None, "orders")
        late = Request(("orders",), Window(changed - timedelta(days=1)))
        verdict = verify_and_repair(late, warehouse.settings(address, warehouse.profile()))
    assert found["orders"].gone == []
    assert (verdict.unmarked, verdict.mended) == (1, False)
    assert warehouse.query(MARKED) == []
