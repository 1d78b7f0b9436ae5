"""`ddl` prints the tables that a load makes: a load into tables made from it finds nothing to change."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.ddl import statements
from ecommerce_pipeline.load.destination import destination_type
from ecommerce_pipeline.transform.build import build
from ecommerce_pipeline.transform.star import STAR, star_statements
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.truth import RESOURCES, differences
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse
from tests.support.warehouse import Warehouse

TABLES = {*RESOURCES, "customers__addresses", "orders__tags", "rejected_records", "pipeline_runs"}


def _printed(warehouse: Warehouse, dialect: str) -> list[str]:
    settings = warehouse.settings("http://127.0.0.1:1", warehouse.profile())
    text = "\n".join(statements(dialect, settings))
    without_comments = re.sub(r"^--.*$", "", text, flags=re.MULTILINE)
    return [statement for statement in without_comments.split(";") if statement.strip()]


@BY_SQL
def test_a_load_into_printed_tables_finds_them_as_it_makes_them(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.1)
    printed = _printed(warehouse, destination_type())
    warehouse.door.make(printed)
    before = warehouse.door.columns()
    with shop.serve() as address:
        warehouse.run(address)
        assert differences(shop, warehouse.database) == []
        assert warehouse.door.columns() == before
        warehouse.door.delete()
        warehouse.run(address)
    assert warehouse.door.columns() == before


@pytest.mark.door("duckdb")
def test_names_that_a_dialect_takes_no_longer_stay_different_when_they_are_cut(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    long = "a_field_whose_name_is_longer_than_most_warehouses_would_ever_take_it"
    shop.put("orders", [{**ORDER, f"{long}_one": "x", f"{long}_two": "y"}])
    with shop.serve() as address:
        warehouse.run(address)
    [orders] = [text for text in _printed(warehouse, "postgres") if '."orders"' in text]
    columns = [column.name for column in sqlglot.parse_one(orders, read="postgres").find_all(exp.ColumnDef)]
    assert len({column[:63] for column in columns}) == len(columns)
    assert max(map(len, columns)) <= 63


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "redshift", "snowflake"])
@pytest.mark.parametrize("loaded", [False, True], ids=["before a load", "after a load"])
def test_the_tables_of_each_dialect_can_be_parsed_and_keep_money_and_instants(
    open_shop: OpenShop, dialect: str, loaded: bool
) -> None:
    shop, warehouse = open_shop()
    if loaded:
        with shop.serve() as address:
            warehouse.run(address)
    _, *tables = [sqlglot.parse_one(statement, read=dialect) for statement in _printed(warehouse, dialect)]
    found: dict[str, Any] = {table.find(exp.Table).name.lower(): table for table in tables}  # type: ignore[union-attr]
    assert set(found) == TABLES
    types = {
        column.name.lower(): column.args["kind"].sql(dialect)
        for column in found["orders"].find_all(exp.ColumnDef)
    }
    assert re.fullmatch(r"(DECIMAL|NUMERIC|NUMBER)\(38, 9\)", types["total_amount"]), types
    assert re.match(r"TIMESTAMP_?(TZ|LTZ)|TIMESTAMP\s*(\(6\))? WITH TIME ZONE", types["updated_at"]), types
    keys = [key for table in tables for key in table.find_all(exp.PrimaryKey)]
    assert len(keys) == (0 if dialect == "duckdb" else len(TABLES))


def test_large_tables_lie_by_order_and_cursor_on_redshift_and_by_cursor_on_snowflake(
    open_shop: OpenShop,
) -> None:
    _, warehouse = open_shop()
    redshift = "\n".join(_printed(warehouse, "redshift"))
    snowflake = "\n".join(_printed(warehouse, "snowflake"))
    assert redshift.count('DISTKEY ("order_id") SORTKEY ("updated_at")') == 3
    assert snowflake.count('CLUSTER BY ("UPDATED_AT")') == 2


@BY_SQL
@pytest.mark.reader
def test_the_star_schema_is_printed_as_it_was_built_with_keys_and_can_be_made(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        settings = warehouse.settings(address, warehouse.profile())
        warehouse.run(address)
        with pytest.raises(SettingError, match=r"pipelines\.py build` first"):
            list(star_statements("duckdb", settings))
        assert build(settings).failed == []
    for dialect in ("duckdb", "postgres", "redshift", "snowflake"):
        _, *tables = [sqlglot.parse_one(text, read=dialect) for text in star_statements(dialect, settings)]
        names = {table.find(exp.Table).name.lower() for table in tables}  # type: ignore[union-attr]
        assert names == STAR.keys()
        keys = [key for table in tables for key in table.find_all(exp.PrimaryKey)]
        assert len(keys) == (0 if dialect == "duckdb" else len(STAR))
    printed = "\n".join(star_statements("redshift", settings))
    assert 'DISTKEY ("order_id") SORTKEY ("order_date")' in printed
    own = destination_type()
    elsewhere = [text.replace("analytics", "printed") for text in star_statements(own, settings)]
    warehouse.door.make(elsewhere)
    columns = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = '{}'"
        f" AND table_name IN ({', '.join(repr(name) for name in STAR)}) ORDER BY ALL"
    )
    assert warehouse.query(columns.format("printed")) == warehouse.query(columns.format("analytics"))
