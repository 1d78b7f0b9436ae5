"""Rows of models as Arrow tables, with the same types in every partition and from every warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.destinations.sql_client import DBApiCursorImpl

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.export.tables import INTERNAL, ExportedTable
from ecommerce_pipeline.load.connection import asking
from ecommerce_pipeline.transform.columns import columns_of

BATCH_ROWS = 250_000
"""So many rows are asked for at once; a day that has more comes by itself."""

BATCH_DAYS = 500
FETCHED_ROWS = 50_000

DAY = "partition_day"


class Partition(NamedTuple):
    """The rows of one day.

    Attributes:
        day: None for rows without one.
        rows: how many there are.
        fingerprint: another one wherever a row is another one.
    """

    day: date | None
    rows: int
    fingerprint: str


class Models:
    """The models of a warehouse.

    Args:
        pipeline: knows the warehouse.
        schema: of the models.
    """

    def __init__(self, pipeline: dlt.Pipeline, schema: str) -> None:
        self._pipeline = pipeline
        self._schema = schema

    def partitions(self) -> dict[str, list[Partition]]:
        """The partitions of each table, by day; those without a day come last.

        Raises:
            SettingError: the models were not built yet.
        """
        table = f"{self._schema}_exports.export_partitions"
        query = f"SELECT table_name, partition_date, row_count, fingerprint FROM {table}"  # noqa: S608  # our names
        with asking(self._pipeline) as client:
            if not columns_of(client, f"{self._schema}_exports", "export_partitions"):
                raise SettingError(
                    f"There are no models in the schema {self._schema}, so nothing to export. Run `python pipelines.py"
                    " build` first."
                )
            found = client.execute_sql(query) or []
        tables: dict[str, list[Partition]] = {}
        for table, day, rows, fingerprint in found:
            tables.setdefault(table, []).append(Partition(_plain(day), int(rows), str(fingerprint)))
        return {name: sorted(some, key=_by_day) for name, some in tables.items()}

    def rows(
        self, table: ExportedTable, partitions: Sequence[Partition]
    ) -> Iterator[tuple[Partition, pa.Table]]:
        """The rows of partitions, ordered by key; columns as the model has them.

        Args:
            table: the model.
            partitions: which days, in their order.
        """
        with asking(self._pipeline) as client:
            kinds = columns_of(client, self._schema, table.name)
            kinds = {name: kind for name, kind in kinds.items() if name not in INTERNAL}
            for batch in _batches(partitions):
                yield from _split(batch, self._fetched(client, table, kinds, batch))

    def _fetched(
        self, client: Any, table: ExportedTable, kinds: dict[str, pa.DataType], batch: Sequence[Partition]
    ) -> pa.Table:
        days = [partition.day for partition in batch if partition.day]
        listed = ", ".join(["%s"] * len(days))
        condition = f"{table.day} IN ({listed})" if days else f"{table.day} IS NULL"
        query = (
            f"SELECT {', '.join(kinds)}, {table.day} AS {DAY} FROM {self._schema}.{table.name}"  # noqa: S608  # our names
            f" WHERE {condition} ORDER BY {table.key}"
        )
        schema = pa.schema([*kinds.items(), (DAY, pa.date32())])
        with client.execute_query(query, *days) as cursor:
            parts = list(_arrow(cursor, schema))
        return pa.concat_tables(parts) if parts else schema.empty_table()


def _arrow(cursor: DBApiCursorImpl, schema: pa.Schema) -> Iterator[pa.Table]:
    """What a cursor gives. Where the driver has no Arrow, dlt would guess types from values, with numpy."""
    if type(cursor).iter_arrow is not DBApiCursorImpl.iter_arrow:
        for part in cursor.iter_arrow(FETCHED_ROWS):
            yield part.rename_columns(schema.names).cast(schema)
        return
    for rows in cursor.iter_fetch(FETCHED_ROWS):
        columns = zip(*rows, strict=True)
        yield pa.table(
            [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)],
            schema=schema,
        )


def _batches(partitions: Sequence[Partition]) -> Iterator[list[Partition]]:
    """As many days together as memory and a statement hold, rows without a day by themselves."""
    batch: list[Partition] = []
    rows = 0
    for partition in partitions:
        full = rows + partition.rows > BATCH_ROWS or len(batch) == BATCH_DAYS
        if batch and (full or partition.day is None):
            yield batch
            batch, rows = [], 0
        batch.append(partition)
        rows += partition.rows
    if batch:
        yield batch


def _split(batch: Sequence[Partition], found: pa.Table) -> Iterator[tuple[Partition, pa.Table]]:
    for partition in batch:
        day = pa.scalar(partition.day, pa.date32())
        mask = pc.equal(found[DAY], day) if partition.day else pc.is_null(found[DAY])
        yield partition, found.filter(mask).drop_columns([DAY]).combine_chunks()


def _plain(day: Any) -> date | None:
    return day.date() if isinstance(day, datetime) else day


def _by_day(partition: Partition) -> tuple[bool, date]:
    return partition.day is None, partition.day or date.min
