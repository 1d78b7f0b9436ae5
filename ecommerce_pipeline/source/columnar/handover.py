"""Columns into the load package that is being extracted, as parquet files that dlt loads as they are.

dlt's own way for Arrow tables takes the tables of lists for resources of their own and then fails to add up its metrics
(`KeyError: 'resource'`, dlt 1.26 to 1.31). A file that stands in the package when extraction ends goes through dlt's
normaliser like any other: it checks the file's columns against the schema, and rewrites the file where one was added
meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import dlt
import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.configuration.container import Container
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.libs.pyarrow import columns_to_arrow
from dlt.common.schema import Schema
from dlt.common.storages.load_package import LoadPackageStateInjectableContext, PackageStorage
from dlt.common.utils import uniq_id


def opened_handover() -> Handover:
    """The handover of the extraction in which a resource is asked for rows."""
    return Handover(dlt.current.source_schema(), dlt.current.pipeline().destination.capabilities())


MOST_BYTES = 512 * 1024 * 1024
"""Of one file, before it is compressed."""


class Handover:
    """Writes the tables of one resource during one step.

    Args:
        schema: the live one of the extraction; its columns are those of the files.
        capabilities: of the destination.

    Attributes:
        load_id: of the package.
        capabilities: as given.
    """

    def __init__(self, schema: Schema, capabilities: DestinationCapabilitiesContext) -> None:
        package = Container()[LoadPackageStateInjectableContext]
        self.load_id = package.load_id
        self.schema = schema
        self.capabilities = capabilities
        self._storage: PackageStorage = package.storage
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._bytes: dict[str, int] = {}

    def fields(self, table: str) -> pa.Schema:
        """The columns of a table, as dlt would write them."""
        return columns_to_arrow(self.schema.get_table_columns(table), self.capabilities)

    def write(self, table: str, columns: Mapping[str, pa.Array], rows: int) -> None:
        """Append rows.

        Args:
            table: its name.
            columns: by name; the table's other columns are null.
            rows: how many.
        """
        if not rows:
            return
        fields = self.fields(table)
        if strangers := [name for name in columns if name not in fields.names]:
            raise KeyError(f"{table} has no column {strangers[0]}")
        arrays = [
            columns[field.name].cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
            for field in fields
        ]
        self._append(table, pa.Table.from_arrays(arrays, schema=fields))

    def _append(self, table: str, batch: pa.Table) -> None:
        writer = self._writers.get(table)
        if writer is not None and (writer.schema != batch.schema or self._bytes[table] > MOST_BYTES):
            self._close(table)
        if table not in self._writers:
            self._writers[table] = _writer(self._new_file(table), batch.schema)
            self._bytes[table] = 0
        self._writers[table].write_table(batch)
        self._bytes[table] += batch.nbytes

    def _new_file(self, table: str) -> str:
        name = PackageStorage.build_job_file_name(table, uniq_id(5), loader_file_format="parquet")
        path = self._storage.get_job_file_path(self.load_id, PackageStorage.NEW_JOBS_FOLDER, name)
        return self._storage.storage.make_full_path(path)

    def _close(self, table: str) -> None:
        self._writers.pop(table).close()

    def close(self) -> None:
        """Finish all files, whichever of them fails; call it before the extraction ends."""
        with ExitStack() as all_of_them:
            for table in self._writers:
                all_of_them.callback(self._close, table)


def _writer(path: str, fields: pa.Schema) -> pq.ParquetWriter:
    """A dictionary only of what is the same in many rows, and no statistics: a file is read as a whole."""
    repeated = [name for name in ("_run_id", "_dlt_load_id", "_source") if name in fields.names]
    return pq.ParquetWriter(path, fields, use_dictionary=repeated, write_statistics=False)
