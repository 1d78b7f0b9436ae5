"""Tables and cursors that are dropped before everything is read again."""

from __future__ import annotations

from collections.abc import Sequence

import dlt
from dlt.common.schema.utils import get_root_table
from dlt.pipeline.helpers import pipeline_drop

from ecommerce_pipeline.load.destination import destination_type

HOLD_TABLES = ("postgres", "redshift")
"""Warehouses in which a view keeps its tables from being dropped."""


def forget(pipeline: dlt.Pipeline, resources: Sequence[str], tables_stay: bool = False) -> None:
    """Drop the tables of resources together with their cursors, in a load package of its own; `tables_stay` in a lake.

    dlt's `refresh` drops the tables in the package that fills them again, and the committed cursors stay until its end:
    a stop in between would leave empty tables and cursors that are past their rows.
    """
    if pipeline.default_schema_name and resources:
        if not tables_stay:
            _free_of_views(pipeline, resources)
        pipeline_drop(pipeline, resources=resources, state_only=tables_stay)()


def _free_of_views(pipeline: dlt.Pipeline, resources: Sequence[str]) -> None:
    """Drop the tables with the views of models that hang on them; they are built again of the rows that come. After a
    kill the next run finds the tables missing and reads them anew.
    """
    if destination_type() not in HOLD_TABLES:
        return
    tables = pipeline.default_schema.tables
    with pipeline.sql_client() as client:
        for name in tables:
            if get_root_table(tables, name)["name"] in resources:
                client.execute_sql(f"DROP TABLE IF EXISTS {client.make_qualified_table_name(name)} CASCADE")
