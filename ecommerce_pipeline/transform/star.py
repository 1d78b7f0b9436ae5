"""The star schema as tables of dlt's, for those who print them in the dialect of a warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import dlt
import pyarrow as pa
from dlt.common.libs.pyarrow import py_arrow_to_table_schema_columns
from dlt.common.schema.typing import TTableSchema

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.connection import asking
from ecommerce_pipeline.load.ddl import Written
from ecommerce_pipeline.load.destination import open_destination, open_pipeline
from ecommerce_pipeline.load.failures import FailuresNamed
from ecommerce_pipeline.load.layout import Layout
from ecommerce_pipeline.load.patience import wait_until_free
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.transform.columns import columns_of


class Lies(NamedTuple):
    """How a table of the star schema lies.

    Attributes:
        key: one row for each.
        beside: the column by which rows lie beside those that they are joined with.
        day: the column by which they are sorted; empty for small tables.
    """

    key: str
    beside: str
    day: str = ""


STAR: Mapping[str, Lies] = {
    "fct_orders": Lies("order_id", "order_id", "order_date"),
    "fct_order_items": Lies("order_item_id", "order_id", "order_date"),
    "fct_payments": Lies("payment_id", "order_id", "payment_date"),
    "fct_deliveries": Lies("delivery_id", "order_id", "delivery_date"),
    "dim_customer": Lies("customer_id", "customer_id"),
    "dim_product": Lies("product_id", "product_id"),
    "dim_date": Lies("date_day", "date_day"),
}


def star_statements(dialect: str, settings: Settings) -> Iterator[str]:
    """A `CREATE` for the schema of the models and for each fact and dimension, with the types, keys and layout of a
    dialect. The warehouse is asked for the columns.

    Args:
        dialect: duckdb, postgres, redshift or snowflake.
        settings: name the schema.

    Raises:
        SettingError: the models were not built yet.
        DestinationFailed: the warehouse is open elsewhere or away.
    """
    open_destination()
    pipeline = open_pipeline()
    with FailuresNamed():
        wait_until_free(pipeline, settings.destination_wait_seconds, Clocks().sleep)
        tables = list(_star_tables(pipeline, settings.models_schema))
    written = Written(dialect, settings.models_schema, _layout(dialect))
    yield written.dataset()
    for table in tables:
        yield written.table(table)


def _star_tables(pipeline: dlt.Pipeline, schema: str) -> Iterator[TTableSchema]:
    """The facts and dimensions as they stand in the warehouse, with their keys."""
    with asking(pipeline) as client:
        for name, lies in STAR.items():
            columns: Any = columns_of(client, schema, name)
            if not columns:
                raise SettingError(
                    f"There is no {name} in the schema {schema}: run `python pipelines.py build` first, or leave out"
                    " --models."
                )
            found = py_arrow_to_table_schema_columns(pa.schema(list(columns.items())))
            found[lies.key] |= {"primary_key": True, "nullable": False}
            yield {"name": name, "columns": found}


def _layout(kind: str) -> Layout:
    """As `layout_of` has it for the loaded tables: days on Snowflake, orders and days on Redshift."""
    if kind == "snowflake":
        return {name: {lies.day: {"cluster": True}} for name, lies in STAR.items() if lies.day}
    if kind == "redshift":
        return {name: _spread(lies) for name, lies in STAR.items()}
    return {}


def _spread(lies: Lies) -> dict[str, dict[str, Any]]:
    if not lies.day:
        return {lies.beside: {"cluster": True, "sort": True}}
    return {lies.beside: {"cluster": True}, lies.day: {"sort": True}}
