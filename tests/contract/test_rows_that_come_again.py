"""Rows that come again are known by what they are; nothing wrong hides what is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import Outcome
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source import list_reader
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.truth import differences
from tests.support.verbatim import ORDER, STAMP, VerbatimShop, VerbatimWarehouse

Verbatim = tuple[VerbatimShop, VerbatimWarehouse]
pytestmark = pytest.mark.server

LINES = {"embedded_in": "orders", "embedded_field": "items", "parent_field": "order_id"}
EMBEDDED = {"orders": {"path": "orders"}, "order_items": LINES}
LINE = {"id": 7, "product_id": None, "quantity": 1, "unit_price": "9.98", "updated_at": STAMP}
UGLY_IDS = ["1", None, True, 1.5, [1], {"a": 1}, 10**30, "\ud800", "a\0", "", float("nan")]


def counts(outcome: Outcome, name: str = "orders") -> tuple[int, int, int]:
    account = next(account for account in outcome.accounts if account.resource == name)
    return account.loaded, account.rejected_rows, account.repeated


@pytest.mark.reader
def test_a_refused_id_of_the_wrong_type_hides_no_row(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [{**ORDER, "id": "1", "updated_at": "2026-02-01T00:00:00Z"}, {**ORDER, "id": 1}])
    with shop.serve() as address:
        outcome = warehouse.run(address, profile=warehouse.profile())
    assert counts(outcome) == (1, 1, 0)


def test_a_list_that_comes_as_a_whole_is_loaded_once(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    rows = [{**ORDER, "id": identity} for identity in [*range(1, 30), *UGLY_IDS]]
    shop.put("orders", [*rows, rows[0], rows[-2]])
    with shop.serve() as address:
        first, second = (warehouse.run(address, profile=warehouse.profile()) for _ in range(2))
        shop.put("orders", [{**rows[0], "status": "sent"}, *rows[1:], {**ORDER, "id": "6"}])
        third, fourth = (warehouse.run(address, profile=warehouse.profile()) for _ in range(2))
    assert counts(first)[:2] == (29, len(UGLY_IDS))
    assert (second.packages, counts(second)[:2]) == ([], (0, 0))
    assert counts(third)[:2] == (1, 1)
    assert (fourth.packages, counts(fourth)[:2]) == ([], (0, 0))


@pytest.mark.reader
def test_a_list_of_refused_rows_alone_is_sent_once(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [{**ORDER, "id": 1, "status": ""}, {"id": 2}, "nonsense"])
    with shop.serve() as address:
        first, second = (warehouse.run(address, profile=warehouse.profile()) for _ in range(2))
    assert (counts(first), counts(second), second.packages) == ((0, 3, 0), (0, 0, 3), [])


@pytest.mark.reader
@BY_SQL
@pytest.mark.parametrize("id_type", ["integer", "text"])
def test_a_window_with_ids_of_every_kind_is_read_again(verbatim: Verbatim, id_type: str) -> None:
    shop, warehouse = verbatim
    right = {"integer": 5, "text": "5"}[id_type]
    shop.put("orders", [{**ORDER, "id": key} for key in [right, right, *UGLY_IDS]])
    profile = warehouse.profile(id_type=id_type)
    with shop.serve() as address:
        warehouse.run(address, profile=profile)
        again = warehouse.run(address, Request(("orders",), Window(None, None)), profile=profile)
    assert counts(again)[0] == 0


@BY_SQL
def test_a_mended_mapping_makes_rows_new_when_they_are_read_again(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.0)
    window = Window(shop.options.opened_at - timedelta(days=900), None)
    with shop.serve() as address:
        warehouse.run(address, profile=warehouse.profile())
        same = warehouse.run(address, Request(("orders",), window), profile=warehouse.profile())
        fields = {"orders": {"path": "orders", "fields": {"status": "currency"}}}
        mended = warehouse.profile(resources=fields)
        after, again = (
            warehouse.run(address, Request(("orders",), window), profile=mended) for _ in range(2)
        )
    assert [counts(outcome)[0] for outcome in (same, after, again)] == [0, shop.count("orders"), 0]
    assert warehouse.query("SELECT DISTINCT status = currency FROM ecommerce.orders") == [(True,)]


@pytest.mark.reader
def test_lines_of_a_refused_order_are_counted_as_refused(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    lines: list[Any] = [LINE, {**LINE, "id": 8}]
    shop.put("orders", [{**ORDER, "items": lines}, {**ORDER, "id": 2, "status": "", "items": lines}])
    with shop.serve() as address:
        outcome = warehouse.run(address, profile=warehouse.profile(resources=EMBEDDED))
        second = warehouse.run(address, profile=warehouse.profile(resources=EMBEDDED))
    account = next(account for account in outcome.accounts if account.resource == "order_items")
    assert (account.loaded, account.rejected) == (2, {"parent_refused": 2})
    assert counts(second, "order_items")[:2] == (0, 0)


@pytest.mark.reader
def test_a_misspelt_field_of_embedded_lines_is_refused(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [{**ORDER, "lines": [LINE]}])
    with shop.serve() as address, pytest.raises(ContractBroken, match="has the field `items`"):
        warehouse.run(address, profile=warehouse.profile(resources=EMBEDDED))
    assert not warehouse.query("SELECT 1 FROM information_schema.tables WHERE table_name = 'orders'")


@pytest.mark.reader
def test_rows_without_lines_are_fine_where_others_have_them(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    with shop.serve() as address:
        for rows in ([{**ORDER, "items": [LINE]}, {**ORDER, "id": 2}], [{**ORDER, "id": 3}]):
            shop.put("orders", rows)
            warehouse.run(address, profile=warehouse.profile(resources=EMBEDDED))
    assert warehouse.query("SELECT count(*) FROM ecommerce.orders") == [(3,)]


@pytest.mark.reader
@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("rfc3339", STAMP),
        ("naive", "2026-01-02T03:04:05"),
        ("unix", 1767323045),
        ("unix_ms", 1767323045000),
        ("rfc2822", "Fri, 02 Jan 2026 03:04:05 GMT"),
    ],
)
def test_every_format_of_the_cursor_is_asked_for_again(verbatim: Verbatim, form: str, written: Any) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [{**ORDER, "updated_at": written}])
    profile = warehouse.profile(cursor={"format": form, "since_param": "since", "until_param": None})
    with shop.serve() as address:
        assert counts(warehouse.run(address, profile=profile)) == (1, 0, 0)
        assert counts(warehouse.run(address, profile=profile)) == (0, 0, 1)
    ((moment,),) = warehouse.query("SELECT updated_at FROM ecommerce.orders")
    assert moment.isoformat() == "2026-01-02T03:04:05+00:00"


def test_lines_without_a_time_of_their_own_have_that_of_their_order(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    line = {name: value for name, value in LINE.items() if name != "updated_at"}
    shop.put("orders", [{**ORDER, "items": [line]}])
    with shop.serve() as address:
        outcome = warehouse.run(address, profile=warehouse.profile(resources=EMBEDDED))
    assert counts(outcome, "order_items") == (1, 0, 0)
    lines = warehouse.query("SELECT order_id, updated_at FROM ecommerce.orders__order_items")
    assert [(key, moment.isoformat()) for key, moment in lines] == [(1, "2026-01-02T03:04:05+00:00")]


@pytest.mark.reader
def test_a_list_of_which_every_row_is_rejected_is_warned_of(
    verbatim: Verbatim, caplog: pytest.LogCaptureFixture
) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [{**ORDER, "currency": "dollars"}])
    with shop.serve() as address:
        warehouse.run(address, profile=warehouse.profile())
    assert "every new row of orders is rejected, the first for currency" in caplog.text


def test_a_field_that_is_called_like_the_table_of_embedded_lines_is_refused_and_kept(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    lines = {"embedded_in": "orders", "embedded_field": "items", "parent_field": "order_id"}
    profile = warehouse.profile(resources={"orders": {"path": "orders"}, "order_items": lines})
    shop.put("orders", [{**ORDER, "items": []}, {**ORDER, "id": 2, "items": [], "orderItems": 3}])
    with shop.serve() as address:
        outcome = warehouse.run(address, profile=profile)
    [orders] = [account for account in outcome.accounts if account.resource == "orders"]
    assert (orders.loaded, orders.rejected) == (1, {"reserved_name": 1})
    assert '"orderItems": 3' in warehouse.query("SELECT raw FROM ecommerce.rejected_records")[0][0]


@BY_SQL
def test_more_rows_of_one_instant_than_the_state_keeps_are_sent_once(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_reader, "RECENT_LIMIT", 10)
    shop, warehouse = open_shop(same_second_block=55, precision="second", invalid_share=0.2)
    with shop.serve() as address:
        runs = [warehouse.run(address) for _ in range(3)]
    assert [bool(run.packages) for run in runs] == [True, False, False]
    assert differences(shop, warehouse.database) == []


@BY_SQL
def test_a_window_that_is_read_again_sends_no_refused_record_twice(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.2)
    everything = Request(window=Window(None, None))
    with shop.serve() as address:
        warehouse.run(address)
        again = warehouse.run(address, everything)
    assert again.packages == []
    assert sum(account.repeated for account in again.accounts) > 0


@pytest.mark.reader
def test_the_cursor_stays_behind_the_shops_clock_by_the_lag(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.0)
    profile = warehouse.profile(cursor={"lag_seconds": 3600.0})
    with shop.serve() as address:
        shop.update("orders", shop.truth("orders")[0]["id"], status="edited")
        outcome = warehouse.run(address, profile=profile)
        quiet = warehouse.run(address, profile=profile)
    [orders] = [account for account in outcome.accounts if account.resource == "orders"]
    assert orders.cursor_after is not None
    assert orders.cursor_after <= datetime.now(UTC) - timedelta(hours=1)
    assert differences(shop, warehouse.database) == []
    assert quiet.packages == []
