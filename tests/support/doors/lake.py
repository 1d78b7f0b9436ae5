"""A lake: files in a folder or a bucket, read as its page in the documentation tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import fsspec
import pytest

from tests.support.doors import opened
from tests.support.doors.failing_writes import writes_failing

LAYOUT = "{table_name}/{YYYY}-{MM}-{DD}/{load_id}.{file_id}.{ext}"
KEYS = {"rejected_records": "rejected_id", "pipeline_runs": "run_id, resource"}
ORDER = {"pipeline_runs": "_dlt_load_id DESC", "rejected_records": "_dlt_load_id DESC"}

COMMITTED = "SELECT load_id FROM read_json('{root}/validated/_dlt_loads/*.jsonl') WHERE status = 0"
NEWEST = """
    SELECT * FROM read_parquet('{files}', union_by_name = true)
    WHERE _dlt_load_id IN ({committed})
    QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1
"""
ELEMENTS = """
    SELECT e.*
    FROM read_parquet('{files}', union_by_name = true) AS e
    JOIN ecommerce.{parent} AS p ON p._dlt_id = e._dlt_parent_id
"""
FOLLOW = """
    UPDATE ecommerce.{table} AS e SET _deleted_at = p._deleted_at
    FROM ecommerce.{parent} AS p WHERE p._dlt_id = e._dlt_parent_id
"""
JOINED = "SELECT e.* FROM found AS e JOIN ecommerce.{parent} AS p ON p._dlt_id = e._dlt_parent_id"


class Lake:
    """A lake of a test's own.

    Args:
        address: of the folder or bucket.
        folder: of the test, for copies.
        tables: of what kind.
    """

    def __init__(self, address: str, folder: Path, tables: str = "parquet") -> None:
        self._address = address
        self._mirror = folder / "mirror.duckdb"
        self._copy = folder / "lake-copy"
        self._tables = tables
        self.settings: Mapping[str, Any] = {"lake_tables": tables}

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PIPELINES__ECOMMERCE__DESTINATION_TYPE", "filesystem")
        monkeypatch.setenv("DESTINATION__RAW__BUCKET_URL", self._address)
        monkeypatch.setenv("DESTINATION__RAW__LAYOUT", LAYOUT)
        monkeypatch.delenv("DESTINATION__RAW__CREDENTIALS", raising=False)

    def database(self) -> Path:
        """The newest committed version of each row, and the elements of its lists."""
        root = self._fetched()
        self._mirror.unlink(missing_ok=True)
        with opened(self._mirror) as copy:
            copy.execute("CREATE SCHEMA ecommerce")
            if any(root.glob("validated/_dlt_loads/*.jsonl")):
                copy.execute(f"CREATE TABLE ecommerce._dlt_loads AS {COMMITTED.format(root=root)}")
            for table, folder in _tables(root, "_delta_log" if self._tables == "delta" else "*/*.parquet"):
                if self._tables == "delta":
                    _merged(copy, table, folder)
                else:
                    copy.execute(f"CREATE TABLE ecommerce.{table} AS {_query(root, table)}")
                    _follow(copy, table)
        return self._mirror

    def _fetched(self) -> Path:
        files, root = fsspec.core.url_to_fs(self._address)
        if "file" in files.protocol:
            return Path(root)
        files.invalidate_cache()
        files.get(f"{root}/", f"{self._copy}/", recursive=True)
        return self._copy

    def connected(self) -> NoReturn:
        raise NotImplementedError("a lake takes no statements: mark the test with the doors that do")

    def make(self, statements: Sequence[str]) -> NoReturn:
        self.connected()

    def going_away(self, at: int, pattern: str) -> AbstractContextManager[list[str]]:
        return writes_failing(at, pattern)

    def columns(self) -> list[Any]:
        """As DuckDB tells those of the files."""
        with opened(self.database()) as copy:
            return copy.execute(
                "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY ALL"
            ).fetchall()

    def exists(self) -> bool:
        files, root = fsspec.core.url_to_fs(self._address)
        return bool(files.exists(f"{root}/validated"))

    def delete(self) -> None:
        files, root = fsspec.core.url_to_fs(self._address)
        files.rm(root, recursive=True)


def _tables(root: Path, sign: str) -> list[tuple[str, Path]]:
    """Those that have something of their kind, each with its folder; a list's comes after the one it hangs on."""
    folders = {path.name: path for path in root.glob("validated/*")} | {
        "rejected_records": root / "quarantine"
    }
    sign_of = {"rejected_records": f"*/{sign}" if "parquet" in sign else sign}
    found = [(name, path) for name, path in folders.items() if any(path.glob(sign_of.get(name, sign)))]
    return sorted(found, key=lambda item: len(item[0]))


def _follow(copy: duckdb.DuckDBPyConnection, table: str) -> None:
    """Elements of lists are as deleted as their row."""
    columns = [name for name, *_ in copy.execute(f"DESCRIBE ecommerce.{table}").fetchall()]
    if "__" in table and "_deleted_at" in columns:
        copy.execute(FOLLOW.format(table=table, parent=table.rpartition("__")[0]))


def _merged(copy: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    """A copy of a Delta table; elements of lists count together with their rows."""
    from deltalake import DeltaTable

    found = DeltaTable(str(folder)).to_pyarrow_table()  # noqa: F841  # named in the statement
    outer = table.rpartition("__")[0]
    copy.execute(
        f"CREATE TABLE ecommerce.{table} AS {JOINED.format(parent=outer) if outer else 'FROM found'}"
    )


def _query(root: Path, table: str) -> str:
    folder = "quarantine/*" if table == "rejected_records" else f"validated/{table}"
    files = f"{root}/{folder}/*/*.parquet"
    outer = table.rpartition("__")[0]
    if outer:
        return ELEMENTS.format(files=files, parent=outer)
    return NEWEST.format(
        files=files,
        committed=COMMITTED.format(root=root),
        key=KEYS.get(table, "id"),
        order=ORDER.get(table, "updated_at DESC, _dlt_load_id DESC, _version DESC"),
    )
