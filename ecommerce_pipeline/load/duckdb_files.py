"""dlt's DuckDB destination, whose merges read the files of a load package: no row is copied into a staging table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
from dlt.common.destination import PreparedTableSchema
from dlt.common.destination.client import FollowupJobRequest, LoadJob
from dlt.common.storages.load_package import LoadJobInfo, PackageStorage
from dlt.destinations import duckdb as dlt_duckdb
from dlt.destinations.impl.duckdb.duck import DuckDbClient, DuckDbCopyJob

NOT_IN_PLACE = frozenset(";\r\n*?[")
"""In a path: dlt cuts a merge into statements at semicolons and line ends, and by the others DuckDB looks for several
files.
"""

QUOTE = "'"


class InPlaceJob(DuckDbCopyJob):
    """A file that stays where it is; the merge that follows reads it."""

    def run(self) -> None:
        """Nothing is copied."""


class InPlaceClient(DuckDbClient):
    """Loads as dlt does, and merges parquet files without a copy in a staging table."""

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        """The job that loads a file."""
        if _in_place(table, file_path):
            return InPlaceJob(file_path)
        return super().create_load_job(table, file_path, load_id, restore)

    def create_table_chain_completed_followup_jobs(
        self,
        table_chain: Sequence[PreparedTableSchema],
        completed_table_chain_jobs: Sequence[LoadJobInfo] | None = None,
    ) -> list[FollowupJobRequest]:
        """The merge of a table and the tables of its lists, whose files are all there."""
        merges = super().create_table_chain_completed_followup_jobs(table_chain, completed_table_chain_jobs)
        jobs = completed_table_chain_jobs or ()
        for table in table_chain:
            paths = [job.file_path for job in jobs if job.job_file_info.table_name == table["name"]]
            if files := [path for path in paths if _in_place(table, path)]:
                for merge in merges:
                    self._replace_staged(Path(merge.new_file_path()), table, files)
        return merges

    def _replace_staged(self, merge: Path, table: PreparedTableSchema, files: Sequence[str]) -> None:
        """Files instead of a staging table, which a merge does nothing with but to select from it."""
        with self.sql_client.with_staging_dataset():
            staged = self.sql_client.make_qualified_table_name(str(table["name"]))
        merge.write_text(merge.read_text("utf-8").replace(staged, self._rows(table, files)), "utf-8")

    def _rows(self, table: PreparedTableSchema, files: Sequence[str]) -> str:
        """The rows of files, in SQL; a column that none of them has is null, as it is in a staging table."""
        listed = ", ".join([f"'{path.replace(QUOTE, QUOTE * 2)}'" for path in files])
        rows = f"read_parquet([{listed}], union_by_name=true)"
        known = {name for path in files for name in pq.read_schema(_present(path)).names}
        missing = [self.sql_client.escape_column_name(name) for name in table["columns"] if name not in known]
        nulls = "".join([f", NULL AS {name}" for name in missing])
        return f"(SELECT *{nulls} FROM {rows})" if nulls else rows  # noqa: S608  # our names


def _present(completed: str) -> Path:
    """Where the file of a job is that is completed; the last one is moved once the merge is written."""
    path = Path(completed)
    started = path.parent.with_name(PackageStorage.STARTED_JOBS_FOLDER) / path.name
    return started if started.exists() else path


def _in_place(table: PreparedTableSchema, path: str) -> bool:
    merged = table["write_disposition"] == "merge" and path.endswith(".parquet")
    return merged and NOT_IN_PLACE.isdisjoint(path)


class duckdb(dlt_duckdb):  # noqa: N801  # destinations are called as they are configured
    """The destination `duckdb`; dlt's state and commands know it under that name."""

    destination_type = "dlt.destinations.duckdb"

    @property
    def client_class(self) -> type[DuckDbClient]:
        """Speaks to the database."""
        return InPlaceClient
