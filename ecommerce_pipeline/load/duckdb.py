"""dlt's DuckDB destination, whose merges read the files of a load package: no row is copied into a staging table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.destination import PreparedTableSchema
from dlt.common.destination.client import FollowupJobRequest, LoadJob
from dlt.common.storages.load_package import LoadJobInfo, PackageStorage
from dlt.destinations import duckdb as dlt_duckdb
from dlt.destinations.impl.duckdb.duck import DuckDbClient, DuckDbCopyJob
from dlt.destinations.job_client_impl import SqlLoadJob

QUOTE, LINE_ENDS = "'", frozenset("\r\n")


class CopyJob(DuckDbCopyJob):
    """A file that is copied into its table."""

    def run(self) -> None:
        """Copy it."""
        client = self._job_client.sql_client
        client.execute_sql(_copy(client.make_qualified_table_name(self.load_table_name), self._file_path))


class InPlaceJob(DuckDbCopyJob):
    """A file that stays where it is; the merge that follows reads it."""

    def run(self) -> None:
        """Nothing is copied."""


class MergeJob(SqlLoadJob):
    """A merge with the paths of files in it, which are no SQL: dlt looks for words and signs in all of it."""

    def _has_out_of_transaction_commands(self, sql: str) -> bool:
        return False

    def _split_fragments(self, sql: str) -> list[str]:
        return [statement.rstrip("; ") for statement in sql.split("\n") if statement.strip()]


class InPlaceClient(DuckDbClient):
    """Loads as dlt does, and merges parquet files without a copy in a staging table."""

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        """The job that loads a file."""
        if SqlLoadJob.is_sql_job(file_path):
            return MergeJob(file_path)
        if _in_place(table, file_path):
            return InPlaceJob(file_path)
        if file_path.endswith(".parquet"):
            return CopyJob(file_path)
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
            for merge in merges:
                self._let_read(Path(merge.new_file_path()), table, paths)
        return merges

    def _let_read(self, merge: Path, table: PreparedTableSchema, paths: Sequence[str]) -> None:
        """Have a merge read the files that were left in place; where one is unlike the others or the table, it copies
        them into the staging table first, as dlt does.
        """
        files = [path for path in paths if _in_place(table, path)]
        if not files:
            return
        with self.sql_client.with_staging_dataset():
            staged = self.sql_client.make_qualified_table_name(str(table["name"]))
        statements = merge.read_text("utf-8")
        if staged not in statements:
            raise ValueError(
                f"a merge of {table['name']} that does not read {staged}, which this dlt release should"
            )
        fields = [pq.read_schema(_present(path)) for path in files]
        if len(files) == len(paths) and _are_alike(fields, table):
            statements = statements.replace(staged, self._rows(table, files, fields[0]))
        else:
            statements = "\n".join([*(_copy(staged, path) for path in files), statements])
        merge.write_text(statements, "utf-8")

    def _rows(self, table: PreparedTableSchema, files: Sequence[str], fields: pa.Schema) -> str:
        """The rows of files; a column that they do not have is null, as it is in a staging table."""
        missing = [name for name in table["columns"] if name not in fields.names]
        nulls = "".join([f", NULL AS {self.sql_client.escape_column_name(name)}" for name in missing])
        return f"(SELECT *{nulls} FROM {_read(files)})"  # noqa: S608  # our names


def _in_place(table: PreparedTableSchema, path: str) -> bool:
    merged = table["write_disposition"] == "merge"
    by_key = table.get("x-merge-strategy", "delete-insert") == "delete-insert"
    return merged and by_key and path.endswith(".parquet") and LINE_ENDS.isdisjoint(path)


def _present(completed: str) -> Path:
    """Where the file of a job is that is completed; the last one is moved once the merge is written."""
    path = Path(completed)
    started = path.parent.with_name(PackageStorage.STARTED_JOBS_FOLDER) / path.name
    return started if started.exists() else path


def _are_alike(files: Sequence[pa.Schema], table: PreparedTableSchema) -> bool:
    """Whether files have the same columns, all of the table: DuckDB would make one type of several, and leave out what
    the table has not.
    """
    first = files[0]
    return table["columns"].keys() >= set(first.names) and all(first.equals(fields) for fields in files)


def _copy(table: str, path: str) -> str:
    return f"INSERT INTO {table} BY NAME SELECT * FROM {_read([path])}"  # noqa: S608  # our names


def _read(files: Sequence[str]) -> str:
    """Files in SQL. A folder with `=` in its name is no column of theirs, as DuckDB would have it."""
    listed = ", ".join([f"'{path.replace(QUOTE, QUOTE * 2)}'" for path in files])
    return f"read_parquet([{listed}], hive_partitioning=false)"


class duckdb(dlt_duckdb):  # noqa: N801  # destinations are called as they are configured
    """The destination `duckdb`; dlt's state and commands know it under that name."""

    destination_type = "dlt.destinations.duckdb"

    @property
    def client_class(self) -> type[DuckDbClient]:
        """Speaks to the database."""
        return InPlaceClient
