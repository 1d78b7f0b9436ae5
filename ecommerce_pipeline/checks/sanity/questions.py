"""Counts and sums of the warehouse."""

from __future__ import annotations

from typing import Any

from dlt.common.destination.exceptions import DestinationUndefinedEntity

from ecommerce_pipeline.records import MODELS


class Questions:
    """Asks a warehouse over one connection.

    Args:
        client: dlt's, open.
        models_schema: where the models are.
    """

    def __init__(self, client: Any, models_schema: str) -> None:
        self._client = client
        self._models_schema = models_schema

    def raw(self, table: str) -> str:
        """The name of a loaded table as a query needs it."""
        name: str = self._client.make_qualified_table_name(table)
        return name

    def model(self, table: str) -> str:
        """The name of a model's table."""
        return f"{self._models_schema}.{table}"

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return [tuple(row) for row in self._client.execute_sql(query, *values) or []]

    def number(self, query: str, *values: Any) -> int:
        """The one number that a query gives; 0 for null."""
        ((found,),) = self.rows(query, *values)
        return int(found or 0)

    def has(self, table: str) -> bool:
        """Whether a table is there."""
        try:
            self.rows(f"SELECT 1 FROM {table} WHERE 1 = 0")  # noqa: S608  # our names
        except DestinationUndefinedEntity:
            return False
        return True

    def present(self) -> list[str]:
        """Those of the resources' tables that are there: a shop need not have all resources."""
        return [table for table in MODELS if self.has(self.raw(table))]
