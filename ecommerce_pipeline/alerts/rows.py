"""Rows of a table or view of the warehouse, whatever the warehouse is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseTerminalException, DatabaseUndefinedRelation

from ecommerce_pipeline.load.connection import asking

logger = logging.getLogger(__name__)


def rows_of(
    pipeline: dlt.Pipeline,
    schema: str | None,
    name: str,
    columns: Sequence[str],
    rest: str = "",
    *values: Any,
) -> list[dict[str, Any]] | None:
    """Rows as name -> value; None where there is no such table or view, or it cannot be read.

    Args:
        pipeline: knows the warehouse.
        schema: where it is; None for that of the raw tables.
        name: of the table or view.
        columns: to read.
        rest: what follows the name in the query; `{table}` in it is the whole name.
        values: of the marks in it.
    """
    with asking(pipeline) as client, client.with_alternative_dataset_name(schema or client.dataset_name):
        table = client.make_qualified_table_name(name)
        query = f"SELECT {', '.join(columns)} FROM {table} {rest.format(table=table)}"  # noqa: S608  # our names
        try:
            found = client.execute_sql(query, *values) or []
        except DatabaseUndefinedRelation:
            return None
        except DatabaseTerminalException as error:
            logger.warning("alerts of %s are left out: %s", name, str(error).strip().splitlines()[0])
            return None
    return [dict(zip(columns, row, strict=True)) for row in found]
