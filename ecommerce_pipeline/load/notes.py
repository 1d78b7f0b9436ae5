"""Tables of our own in the warehouse, beside those of the shop: what was built, checked and told to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import dlt

from ecommerce_pipeline.load.connection import asking
from ecommerce_pipeline.source.cursor import standard

Kind = Literal["text", "timestamp", "bigint", "double", "bool"]


@dataclass(frozen=True)
class NoteTable:
    """A table to which rows are added.

    Attributes:
        name: in the dataset of the raw tables.
        columns: name -> kind; instants are kept with their zone.
    """

    name: str
    columns: Mapping[str, Kind]


class Notes:
    """Rows of one of our tables.

    Args:
        pipeline: knows the warehouse.
        table: is made with the first row.
    """

    def __init__(self, pipeline: dlt.Pipeline, table: NoteTable) -> None:
        self._pipeline = pipeline
        self._table = table

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows; all of them or none."""
        if not rows:
            return
        with asking(self._pipeline) as client:
            self.make(client)
            with client.begin_transaction():
                self.insert(client, rows)

    def make(self, client: Any) -> None:
        """Make the table if there is none; outside of a transaction, which this would commit on Snowflake."""
        client.execute_sql(self._made(client))

    def insert(self, client: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to a table that is made, in the transaction that the client has begun."""
        for row in rows:
            marks = ", ".join(["%s"] * len(row))
            client.execute_sql(
                f"INSERT INTO {self._name(client)} ({', '.join(row)}) VALUES ({marks})",  # noqa: S608  # our names
                *row.values(),
            )

    def change(self, assignments: Mapping[str, Any], where: str, *values: Any) -> None:
        """Set columns of the rows that a condition holds for."""
        with asking(self._pipeline) as client:
            given = ", ".join(f"{name} = %s" for name in assignments)
            client.execute_sql(
                f"UPDATE {self._name(client)} SET {given} WHERE {where}",  # noqa: S608  # our names
                *assignments.values(),
                *values,
            )

    def find(self, rest: str = "", *values: Any) -> list[dict[str, Any]]:
        """Rows as name -> value; none before the first was added.

        Args:
            rest: what follows the table's name in the query.
            values: of its marks.
        """
        names = list(self._table.columns)
        with asking(self._pipeline) as client:
            self.make(client)
            query = f"SELECT {', '.join(names)} FROM {self._name(client)} {rest}"  # noqa: S608  # our names
            found = client.execute_sql(query, *values) or []
        return [{name: _value(value) for name, value in zip(names, row, strict=True)} for row in found]

    def count(self) -> int:
        """How many rows there are."""
        with asking(self._pipeline) as client:
            self.make(client)
            ((rows,),) = client.execute_sql(f"SELECT count(*) FROM {self._name(client)}")  # noqa: S608  # our names
        return int(rows)

    def _name(self, client: Any) -> str:
        name: str = client.make_qualified_table_name(self._table.name)
        return name

    def _made(self, client: Any) -> str:
        types = client.capabilities.get_type_mapper()
        table: Any = {"name": self._table.name, "columns": {}}
        columns = ", ".join(
            f"{name} {types.to_destination_type(_column(name, kind), table)}"
            for name, kind in self._table.columns.items()
        )
        return f"CREATE TABLE IF NOT EXISTS {self._name(client)} ({columns})"


def _column(name: str, kind: Kind) -> dict[str, Any]:
    return {
        "name": name,
        "data_type": kind,
        "nullable": True,
        **({"timezone": True} if kind == "timestamp" else {}),
    }


def _value(value: Any) -> Any:
    """An instant of the standard library, UTC: dlt's clients may hand out pendulum's."""
    return standard(value) if isinstance(value, datetime) else value
