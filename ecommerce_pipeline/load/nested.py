"""Tables of lists inside records: which there are, and elements whose record is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dlt
from dlt.common.schema.utils import is_nested_table

from ecommerce_pipeline.load.connection import asking


def nested_tables(pipeline: dlt.Pipeline, resource: str) -> Iterator[tuple[str, str]]:
    """The tables of a resource's lists with the table that each hangs on, outer ones first.

    Args:
        pipeline: knows the schema.
        resource: names the table of the records.
    """
    tables = pipeline.default_schema.tables
    for name in sorted(tables, key=len):
        if is_nested_table(tables[name]) and name.startswith(f"{resource}__"):
            yield name, str(tables[name]["parent"])


def count_orphans(pipeline: dlt.Pipeline, child: str, parent: str) -> int:
    """How many elements of a list hang on no row; somebody deleted the rows by hand."""
    with asking(pipeline) as client:
        ((found,),) = client.execute_sql(f"SELECT count(*) FROM {_orphans(client, child, parent)}") or [(0,)]  # noqa: S608  # our names
    return int(found)


def delete_orphans(pipeline: dlt.Pipeline, resource: str) -> None:
    """Delete the elements of lists that hang on no row."""
    with pipeline.sql_client() as client, client.begin_transaction():
        for child, parent in nested_tables(pipeline, resource):
            client.execute_sql(f"DELETE FROM {_orphans(client, child, parent)}")  # noqa: S608  # our names


def _orphans(client: Any, child: str, parent: str) -> str:
    lists, rows = client.make_qualified_table_name(child), client.make_qualified_table_name(parent)
    return f"{lists} WHERE NOT EXISTS (SELECT 1 FROM {rows} AS p WHERE p._dlt_id = {lists}._dlt_parent_id)"  # noqa: S608  # our names
