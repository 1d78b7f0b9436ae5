"""dlt's destination of files, as a lake: what kept the contract and what did not stand apart at one address."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from dlt.common import json
from dlt.common.destination.client import LoadJob, StateInfo
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.schema.utils import get_nested_tables, get_root_table, is_nested_table
from dlt.common.storages.load_package import ParsedLoadJobFileName
from dlt.common.typing import DictStrAny
from dlt.destinations import filesystem as dlt_filesystem
from dlt.destinations.impl.filesystem.filesystem import (
    FilesystemClient,
    FilesystemLoadJob,
    ReferenceFollowupJob,
)

from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.load.whole_files import put_whole
from ecommerce_pipeline.source.quarantine import TABLE as REJECTED

VALIDATED, QUARANTINE = "validated", "quarantine"
"""The folders of a lake that loads write; pages as they came stand in `raw`."""


PARTS = ".part"
"""The lake's folder of files that are being written; in a bucket there is none."""


class WholeFileJob(FilesystemLoadJob):
    """Puts a file into the lake, whole or not at all."""

    _job_client: LakeClient

    def run(self) -> None:
        """Write it."""
        files = self._job_client.fs_client
        self._job_client.put_whole(
            lambda path: files.put_file(self._file_path, path), self.make_remote_path()
        )


class QuarantineJob(FilesystemLoadJob):
    """Puts refused records into the folder of their resource."""

    _job_client: LakeClient

    def run(self) -> None:
        """Write one file for each resource; written again, it is the same file."""
        found = pq.read_table(self._file_path)
        for resource in pc.unique(found["resource"]).to_pylist():
            self._put(found.filter(pc.equal(found["resource"], resource)), self._path(resource))

    def _put(self, rows: pa.Table, path: str) -> None:
        packed = pa.BufferOutputStream()
        pq.write_table(rows, packed)
        content, files = packed.getvalue().to_pybytes(), self._job_client.fs_client
        self._job_client.put_whole(lambda place: files.pipe_file(place, content), path)

    def _path(self, resource: str) -> str:
        name = ParsedLoadJobFileName.parse(self._file_name)._replace(table_name=resource).file_name()
        return str(
            self._job_client.pathlib.join(self._job_client.quarantine_path, self.make_remote_file_path(name))
        )


class LakeClient(FilesystemClient):
    """Writes as dlt does; a load counts before its cursors do, and tables that merge do so with their lists."""

    batch_table_chain: ClassVar[bool] = True

    @property
    def dataset_path(self) -> str:
        """Where the tables stand."""
        if self._is_staging:
            return str(super().dataset_path)
        return str(self.pathlib.join(self.bucket_path, VALIDATED, ""))

    @property
    def _is_staging(self) -> bool:
        return bool(self.dataset_name != self.config.normalize_dataset_name(self.schema))

    def initialize_storage(self, truncate_tables: Iterable[str] | None = None) -> None:
        """Make the folders; dlt would make some for staging too, which nothing goes through."""
        if not self._is_staging:
            super().initialize_storage(truncate_tables or ())

    def create_dataset(self) -> None:
        """Make the folder of the tables; a kill may have left it without what dlt puts into it first."""
        self.fs_client.makedirs(self.dataset_path, exist_ok=True)

    def tables(self) -> frozenset[str]:
        """The tables that have files, or had some and have their folder still. Object stores have no folders, and a
        list of which no element came yet has no file there: lists count as there, as refused records do everywhere.
        """
        try:
            found = self.fs_client.ls(self.dataset_path, detail=False)
        except FileNotFoundError:
            found = []
        tables = self.schema.tables
        lists = (
            ()
            if "file" in self.fs_client.protocol
            else filter(lambda name: is_nested_table(tables[name]), tables)
        )
        return frozenset({REJECTED, *lists, *(self.pathlib.basename(path.rstrip("/")) for path in found)})

    def get_stored_state(self, pipeline_name: str) -> StateInfo | None:
        """The newest state. A load is noted before its state: one whose load is noted nowhere leads past rows that no
        reader of the lake sees, and does not count.
        """
        try:
            found = super().get_stored_state(pipeline_name)
        except ValueError as error:
            raise DestinationFailed(
                f"A state of the lake, in {self.get_table_dir(self.schema.state_table_name)}, cannot be read: {error}."
                " Delete the newest file there and run again: what came since the one before is read again."
            ) from None
        return found if found and found._dlt_load_id in self.complete_loads() else None

    @property
    def quarantine_path(self) -> str:
        """Where the refused records stand."""
        return str(self.pathlib.join(self.bucket_path, QUARANTINE, ""))

    def get_table_prefix(self, table_name: str, schema_name: str | None = None) -> str:
        """What the addresses of all files of a table begin with."""
        if table_name == REJECTED:
            return self.quarantine_path
        return str(super().get_table_prefix(table_name, schema_name))

    def get_load_job_class(self, table: PreparedTableSchema, file_path: str) -> type[LoadJob]:
        """What is done with one file."""
        found = super().get_load_job_class(table, file_path)
        if found is not FilesystemLoadJob:
            return found
        return QuarantineJob if table["name"] == REJECTED else WholeFileJob

    def put_whole(self, write: Callable[[str], Any], path: str) -> None:
        """Make a file that is whole or not there: object stores have no others, a folder gets it under its name last.

        Args:
            write: makes the file at the path that it is given.
            path: of the file.
        """
        part = self.pathlib.join(self.bucket_path, PARTS, self.pathlib.basename(path))
        put_whole(self.fs_client, write, path, part)

    def _write_to_json_file(self, filepath: str, data: DictStrAny) -> None:
        text = json.dumps(data)
        self.put_whole(functools.partial(self.fs_client.write_text, value=text, encoding="utf-8"), filepath)

    @staticmethod
    def get_reference_followup_job_class(table: PreparedTableSchema) -> type[ReferenceFollowupJob] | None:
        """What is done with the files of a table once all of them and of its lists are there."""
        if table.get("table_format") != "delta":
            return None
        from ecommerce_pipeline.load.delta import MergeOfAPackage  # its package is not everybody's

        return MergeOfAPackage

    def chain(self, table: str) -> Iterator[str]:
        """The table of the rows that a table belongs to, then those of their lists."""
        tables = self.schema.tables
        for found in get_nested_tables(tables, str(get_root_table(tables, table)["name"])):
            yield str(found["name"])

    def complete_loads(self) -> set[str]:
        """The ids of the loads that ended."""
        try:
            files = self.list_table_files(self.schema.loads_table_name)
        except DestinationUndefinedEntity:
            return set()
        return {path.removesuffix(".jsonl").rpartition("__")[2] for path in files}  # schema__load

    def complete_load(self, load_id: str) -> None:
        """Note that a load is complete, then its state. dlt does it the other way round: after a kill in between the
        cursors are past rows that no complete load has.
        """
        self._store_load(load_id)
        self._store_current_state(load_id)


class filesystem(dlt_filesystem):  # noqa: N801  # destinations are called as they are configured
    """The destination `filesystem`; dlt's state and commands know it under that name."""

    destination_type = "dlt.destinations.filesystem"

    @property
    def client_class(self) -> type[FilesystemClient]:
        """Speaks to the lake."""
        return LakeClient
