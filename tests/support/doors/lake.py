"""A lake: files in a folder or a bucket, read as its page in the documentation tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
import pytest

from tests.support.doors import opened

LAYOUT = "{table_name}/{YYYY}-{MM}-{DD}/{load_id}.{file_id}.{ext}"
KEYS = {"rejected_records": "rejected_id", "pipeline_runs": "run_id, resource"}
ORDER = {"pipeline_runs": "_dlt_load_id DESC", "rejected_records": "_dlt_load_id DESC"}

COMMITTED = "SELECT load_id FROM read_json('{root}/_dlt_loads/*.jsonl') WHERE status = 0"
NEWEST = """
    SELECT * FROM read_parquet('{root}/{table}/*/*.parquet', union_by_name = true)
    WHERE _dlt_load_id IN ({committed})
    QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1
"""
ELEMENTS = """
    SELECT e.* REPLACE (p._deleted_at AS _deleted_at)
    FROM read_parquet('{root}/{table}/*/*.parquet', union_by_name = true) AS e
    JOIN ecommerce.{parent} AS p ON p._dlt_id = e._dlt_parent_id
"""


class Lake:
    """A lake of a test's own.

    Args:
        address: of the folder or bucket.
        folder: of the test, for copies.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self._address = address
        self._mirror = folder / "mirror.duckdb"
        self._copy = folder / "lake-copy"

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
            copy.execute(
                f"CREATE TABLE ecommerce._dlt_loads AS SELECT * FROM read_json('{root}/_dlt_loads/*.jsonl')"
            )
            tables = [path.name for path in root.glob("*") if any(path.glob("*/*.parquet"))]
            for table in sorted(tables, key=len):  # a list's table is called longer than the one it hangs on
                copy.execute(f"CREATE TABLE ecommerce.{table} AS {_query(root, table)}")
        return self._mirror

    def _fetched(self) -> Path:
        files, root = fsspec.core.url_to_fs(self._address)
        if "file" in files.protocol:
            return Path(root) / "ecommerce"
        files.invalidate_cache()
        files.get(f"{root}/ecommerce/", f"{self._copy}/", recursive=True)
        return self._copy

    @contextmanager
    def connected(self) -> Iterator[Any]:
        raise NotImplementedError("nothing in a lake is changed")
        yield

    def make(self, statements: Sequence[str]) -> None:
        raise NotImplementedError

    def columns(self) -> list[Any]:
        raise NotImplementedError

    def exists(self) -> bool:
        files, root = fsspec.core.url_to_fs(self._address)
        return bool(files.exists(f"{root}/ecommerce"))

    def delete(self) -> None:
        files, root = fsspec.core.url_to_fs(self._address)
        files.rm(root, recursive=True)

    def going_away(self, at: int, pattern: str) -> Any:
        raise NotImplementedError


def _query(root: Path, table: str) -> str:
    outer = table.rpartition("__")[0]
    if outer:
        return ELEMENTS.format(root=root, table=table, parent=outer)
    return NEWEST.format(
        root=root,
        table=table,
        committed=COMMITTED.format(root=root),
        key=KEYS.get(table, "id"),
        order=ORDER.get(table, "updated_at DESC, _dlt_load_id DESC, _version DESC"),
    )
