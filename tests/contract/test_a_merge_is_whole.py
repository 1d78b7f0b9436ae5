"""Wherever in a merge the warehouse goes away, a table and its lists are those of before or those of after."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.load.destination import CAPABILITIES
from tests.contract.conftest import OpenShop
from tests.support.truth import differences
from tests.support.warehouse import Warehouse, opened

FEW = {"customers": 8, "products": 5, "orders": 12}
ORDERS = "SELECT id, status, total_amount, updated_at FROM ecommerce.orders ORDER BY 1"
TAGS = """SELECT o.id, t.value FROM ecommerce.orders__tags AS t
    JOIN ecommerce.orders AS o ON t._dlt_parent_id = o._dlt_id ORDER BY 1, t._dlt_list_idx"""
ORPHANS = """SELECT count(*) FROM ecommerce.orders__tags AS t
    WHERE t._dlt_parent_id NOT IN (SELECT _dlt_id FROM ecommerce.orders)"""

MERGE = r"^\s*(CREATE TEMP(ORARY)? TABLE|DELETE FROM|INSERT INTO)\s+(?!\S*staging)\S*orders"
"""The statements of the merge of orders and of their lists."""
MOST = 12


def _edit(shop: DemoShop, number: int) -> None:
    """Of two orders one gets more tags and the other none, one is new to the warehouse's eyes, one only changes."""
    first, second, third = (row["id"] for row in shop.truth("orders")[:3])
    shop.update("orders", first, tags=[f"try {number}", "more"])
    shop.update("orders", second, tags=[])
    shop.update("orders", third, status=f"try {number}")


def _named(statement: str) -> str:
    """What a statement does to which table, without the accidental parts of names."""
    words = re.sub(r"_[0-9a-f]{32}|\"", "", statement).split()
    return " ".join(words[: 4 if words[0] == "CREATE" else 3]).partition("(")[0].lower()


def _state(warehouse: Warehouse) -> tuple[Any, Any]:
    with opened(warehouse.database) as connection:
        orphans, orders, tags = (connection.execute(query).fetchall() for query in (ORPHANS, ORDERS, TAGS))
    assert orphans == [(0,)]
    return orders, tags


def test_a_merge_that_ends_at_any_statement_leaves_the_old_rows_or_the_new(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    for capabilities in CAPABILITIES.values():  # DuckDB and PostgreSQL get a merge in one piece otherwise
        monkeypatch.setitem(capabilities, "supports_multiple_statements", False)
    shop, warehouse = open_shop(sizes=FEW, invalid_share=0.0)
    met = []
    with shop.serve() as address:
        warehouse.run(address)
        before = _state(warehouse)
        for number in range(1, MOST):
            _edit(shop, number)
            with warehouse.door.going_away(number, MERGE) as away, contextlib.suppress(DestinationFailed):
                warehouse.run(address)
            left = _state(warehouse)
            warehouse.run(address)
            after = _state(warehouse)
            if not away:
                break
            met.append(_named(away[0]))
            assert left in (before, after), f"torn at {away[0]}"
            before = after
        assert differences(shop, warehouse.database) == []
    assert (
        sorted(statement.split()[0] for statement in met) == ["create"] * 2 + ["delete"] * 2 + ["insert"] * 2
    ), met
    for statement in met:
        record_property(f"times the warehouse went away at {statement}", 1)
