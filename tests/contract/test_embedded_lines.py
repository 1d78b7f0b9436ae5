"""G2, G4: lines that come inside their order are judged, counted and kept like rows of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecommerce_pipeline.load.run import Outcome
from tests.support.verbatim import ORDER, STAMP, VerbatimShop, VerbatimWarehouse

LINE = {"id": 7, "product_id": None, "quantity": 1, "unit_price": "9.98", "updated_at": STAMP}
LINES: dict[str, Any] = {"embedded_in": "orders", "embedded_field": "items", "parent_field": "order_id"}
EMBEDDED: dict[str, Any] = {"orders": {"path": "orders"}, "order_items": LINES}
QUANTITY = "SELECT quantity FROM ecommerce.orders__order_items"

Verbatim = tuple[VerbatimShop, VerbatimWarehouse]

pytestmark = pytest.mark.server


def _runs(verbatim: Verbatim, *versions: tuple[list[dict[str, Any]], dict[str, Any]]) -> list[Outcome]:
    """One run after the other, each with the orders of the shop and the resources of the profile."""
    shop, warehouse = verbatim
    outcomes = []
    with shop.serve() as address:
        for orders, resources in versions:
            shop.put("orders", orders)
            outcomes.append(warehouse.run(address, profile=warehouse.profile(resources=resources)))
    return outcomes


def _counts(outcome: Outcome, name: str = "order_items") -> tuple[int, int, int]:
    [account] = [account for account in outcome.accounts if account.resource == name]
    return account.loaded, account.rejected_rows, account.repeated


def test_the_body_of_a_refused_order_keeps_its_lines(verbatim: Verbatim) -> None:
    refused = {**ORDER, "id": 2, "status": "", "items": [LINE, {**LINE, "id": 8}]}
    _runs(verbatim, ([{**ORDER, "items": [LINE]}, refused], EMBEDDED))
    [(raw,)] = verbatim[1].query("SELECT raw FROM ecommerce.rejected_records")
    assert [line["id"] for line in json.loads(raw)["items"]] == [7, 8]


def test_a_refused_line_is_kept_and_its_order_is_loaded(verbatim: Verbatim) -> None:
    [outcome] = _runs(verbatim, ([{**ORDER, "items": [LINE, {**LINE, "id": 8, "quantity": -1}]}], EMBEDDED))
    assert _counts(outcome) == (1, 1, 0)
    kept = verbatim[1].query("SELECT resource, raw, rules FROM ecommerce.rejected_records")
    assert [(name, json.loads(raw)["id"], rules) for name, raw, rules in kept] == [
        ("order_items", 8, "negative")
    ]


def test_lines_of_an_order_that_comes_again_are_repeated(verbatim: Verbatim) -> None:
    version = ([{**ORDER, "items": [LINE, {**LINE, "id": 8}]}], EMBEDDED)
    assert [_counts(outcome) for outcome in _runs(verbatim, version, version)] == [(2, 0, 0), (0, 0, 2)]


def test_a_mended_mapping_of_lines_makes_their_order_new(verbatim: Verbatim) -> None:
    orders = [{**ORDER, "items": [{**LINE, "note": 5}]}]
    mended = {**EMBEDDED, "order_items": {**LINES, "fields": {"quantity": "note"}}}
    _runs(verbatim, (orders, EMBEDDED), (orders, mended))
    assert verbatim[1].query(QUANTITY) == [(5,)]


def test_a_line_that_changes_alone_makes_its_order_new(verbatim: Verbatim) -> None:
    versions = [([{**ORDER, "items": [{**LINE, "quantity": number}]}], EMBEDDED) for number in (1, 2)]
    _runs(verbatim, *versions)
    assert verbatim[1].query(QUANTITY) == [(2,)]


def test_what_is_no_list_of_lines_is_counted(verbatim: Verbatim) -> None:
    orders = [{**ORDER, "items": LINE}, {**ORDER, "id": 2, "items": "none"}]
    [outcome] = _runs(verbatim, (orders, EMBEDDED))
    assert sum(_counts(outcome)) == 2


def test_a_line_keeps_its_own_time(verbatim: Verbatim) -> None:
    own = "2026-01-09T00:00:00+00:00"
    _runs(verbatim, ([{**ORDER, "items": [{**LINE, "updated_at": own}]}], EMBEDDED))
    [(moment,)] = verbatim[1].query("SELECT updated_at FROM ecommerce.orders__order_items")
    assert moment.isoformat() == own


@pytest.mark.parametrize("rows", [[{"id": 2}, "nonsense"]])
def test_lists_of_nothing_but_refused_records_are_kept_whole(verbatim: Verbatim, rows: list[Any]) -> None:
    shop, warehouse = verbatim
    for name in ("customers", "orders", "deliveries"):
        shop.put(name, rows)
    with shop.serve() as address:
        warehouse.run(address, profile=warehouse.profile())
    assert warehouse.query("SELECT count(*) FROM ecommerce.rejected_records") == [(6,)]


def test_more_rows_than_one_question_names_are_known_when_they_come_again(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("orders", [{**ORDER, "id": identity} for identity in range(1, 1502)])
    with shop.serve() as address:
        runs = [warehouse.run(address, profile=warehouse.profile()) for _ in range(2)]
    assert [_counts(outcome, "orders") for outcome in runs] == [(1501, 0, 0), (0, 0, 1501)]
