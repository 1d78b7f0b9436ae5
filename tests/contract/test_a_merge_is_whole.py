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
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.doors import opened
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

pytestmark = BY_SQL

FEW = {"customers": 8, "products": 5, "orders": 12}
ROWS = {
    "orders": "SELECT id, status, total_amount, updated_at FROM ecommerce.orders ORDER BY 1",
    "payments": "SELECT id, status, amount, updated_at FROM ecommerce.payments ORDER BY 1",
}
TAGS = """SELECT o.id, t.value FROM ecommerce.orders__tags AS t
    JOIN ecommerce.orders AS o ON t._dlt_parent_id = o._dlt_id ORDER BY 1, t._dlt_list_idx"""
ORPHANS = """SELECT count(*) FROM ecommerce.orders__tags AS t
    WHERE t._dlt_parent_id NOT IN (SELECT _dlt_id FROM ecommerce.orders)"""

MERGE = r"^\s*(CREATE TEMP(ORARY)? TABLE|DELETE FROM|INSERT INTO)\s+(?!\S*staging)\S*"
"""The statements of a merge, of the table whose name follows and of its lists."""

STATEMENTS = {
    "orders": ["create temporary table"] * 2 + ["delete from"] * 2 + ["insert into"] * 2,
    "payments": ["delete from", "insert into"],
}
MOST = 12


def _edit(shop: DemoShop, table: str, number: int) -> None:
    """Three rows change; of the orders one gets more tags and one loses all."""
    first, second, third = (row["id"] for row in shop.truth(table)[:3])
    lists: tuple[dict[str, Any], ...] = ({"tags": [f"try {number}", "more"]}, {"tags": []})
    for key, changes in zip((first, second), lists, strict=True):
        shop.update(table, key, **(changes if table == "orders" else {"status": f"try {number}"}))
    shop.update(table, third, status=f"try {number}")


def _named(statement: str) -> str:
    """What a statement does to which table, without the accidental parts of names."""
    words = re.sub(r"_[0-9a-f]{32}|\"", "", statement).split()
    return " ".join(words[: 4 if words[0] == "CREATE" else 3]).partition("(")[0].lower()


def _state(warehouse: Warehouse, table: str) -> list[Any]:
    with opened(warehouse.database) as connection:
        orphans, *found = (connection.execute(query).fetchall() for query in (ORPHANS, ROWS[table], TAGS))
    assert orphans == [(0,)]
    return found


@pytest.mark.parametrize("table", ROWS, ids=["with lists", "without lists"])
def test_a_merge_that_ends_at_any_statement_leaves_the_old_rows_or_the_new(
    open_shop: OpenShop,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    table: str,
) -> None:
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    for capabilities in CAPABILITIES.values():  # DuckDB and PostgreSQL get a merge in one piece otherwise
        monkeypatch.setitem(capabilities, "supports_multiple_statements", False)
    shop, warehouse = open_shop(sizes=FEW, invalid_share=0.0)
    met = []
    with shop.serve() as address:
        warehouse.run(address)
        before = _state(warehouse, table)
        for number in range(1, MOST):
            _edit(shop, table, number)
            with (
                warehouse.door.going_away(number, MERGE + table) as away,
                contextlib.suppress(DestinationFailed),
            ):
                warehouse.run(address)
            left = _state(warehouse, table)
            warehouse.run(address)
            after = _state(warehouse, table)
            if not away:
                break
            met.append(_named(away[0]))
            assert left in (before, after), f"torn at {away[0]}"
            assert before != after
            before = after
        assert differences(shop, warehouse.database) == []
    assert sorted(statement.rpartition(" ")[0] for statement in met) == STATEMENTS[table], met
    for statement in met:
        record_property(f"times the warehouse went away at {statement}", 1)
