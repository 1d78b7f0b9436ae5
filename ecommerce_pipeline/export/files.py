"""The files of one table: one for each day, replaced whole, and a list of what was written."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, Literal

import fsspec
import pyarrow as pa
from pyarrow import csv, parquet

from ecommerce_pipeline.errors import DestinationFailed, SettingError
from ecommerce_pipeline.export.rows import Partition
from ecommerce_pipeline.load.whole_files import put_whole

Format = Literal["parquet", "csv"]

MANIFEST = "_manifest.json"
WITHOUT_DAY = "__HIVE_DEFAULT_PARTITION__"
"""What Hive calls the partition of rows without a value, and readers of partitions know."""

UNFINISHED = ".unfinished"
STAMPS = ("ETag", "etag", "md5Hash", "crc32c")


class TableFiles:
    """A table's folder, `<address>/<table>/date=<day>/part-0.<format>`.

    Args:
        address: a folder or any address that fsspec knows.
        table: names the folder.
        form: of the files.

    Raises:
        SettingError: the address cannot be used.
    """

    def __init__(self, address: str, table: str, form: Format) -> None:
        try:
            self._files, root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise SettingError(
                f"`sources.ecommerce.export_address` is {address!r}, which cannot be used: {error}. Name a folder, or"
                " install what the address needs: pip install -r requirements/clouds.txt"
            ) from None
        self._root = f"{str(root).rstrip('/')}/{table}"
        self._form = form
        with _failures_named(self._root):
            self._written = self._manifest()

    def differing(self, partitions: list[Partition]) -> list[Partition]:
        """Those whose file is not there, is not what was written, or has other rows."""
        stamps = self._stamps()
        return [
            partition
            for partition in partitions
            if self._written.get(_name(partition.day))
            != _entry(partition, stamps.get(self._path(partition.day)))
        ]

    def gone(self, partitions: list[Partition], since: date | None) -> list[str]:
        """Files whose day has no rows any more, and those of another format."""
        kept = {self._path(partition.day) for partition in partitions}
        first = f"date={since.isoformat()}" if since else ""
        return [
            path
            for path in self._stamps()
            if path not in kept and path.removeprefix(f"{self._root}/").partition("/")[0] >= first
        ]

    def write(self, partition: Partition, rows: pa.Table) -> None:
        """Replace the file of a day, whole or not at all."""
        self._put(self._path(partition.day), _bytes(rows, self._form))
        with _failures_named(self._path(partition.day)):
            stamp = _stamp(self._files.info(self._path(partition.day)))
        self._written[_name(partition.day)] = _entry(partition, stamp)

    def remove(self, paths: list[str]) -> None:
        """Delete files."""
        for path in paths:
            with _failures_named(path):
                self._files.rm(path)
            name = path.removeprefix(f"{self._root}/").partition("/")[0].removeprefix("date=")
            if not self._files.exists(self._path_of(name)):
                self._written.pop(name, None)

    def note(self) -> None:
        """Keep the list of what was written. Files of a run that is killed before it are written once more."""
        text = json.dumps({"format": self._form, "partitions": dict(sorted(self._written.items()))}, indent=1)
        if (
            not self._files.exists(f"{self._root}/{MANIFEST}")
            or self._files.cat_file(f"{self._root}/{MANIFEST}") != text.encode()
        ):
            self._put(f"{self._root}/{MANIFEST}", text.encode())

    def _put(self, path: str, content: bytes) -> None:
        with _failures_named(path):
            if "file" in self._files.protocol and self._files.isdir(path):  # a file would be moved into it
                self._files.rm(path, recursive=True)
            put_whole(
                self._files, lambda place: self._files.pipe_file(place, content), path, f"{path}{UNFINISHED}"
            )

    def _manifest(self) -> dict[str, Any]:
        try:
            found = json.loads(self._files.cat_file(f"{self._root}/{MANIFEST}"))
            partitions = found["partitions"] if found["format"] == self._form else {}
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return {}
        return partitions if isinstance(partitions, dict) else {}

    def _stamps(self) -> dict[str, str]:
        self._files.invalidate_cache()
        with _failures_named(self._root):
            found = self._files.find(self._root, detail=True)
        return {path: _stamp(info) for path, info in found.items() if not path.endswith(MANIFEST)}

    def _path(self, day: date | None) -> str:
        return self._path_of(_name(day))

    def _path_of(self, name: str) -> str:
        return f"{self._root}/date={name}/part-0.{self._form}"


@contextmanager
def _failures_named(path: str) -> Iterator[None]:
    """What goes wrong with files inside the block is told with the cure."""
    try:
        yield
    except Exception as error:  # drivers of object stores raise what they like
        said = str(error) or type(error).__name__
        raise DestinationFailed(
            f"{path} cannot be read or written: {said}. Make room, or give the right to write there, and run `python"
            " pipelines.py export` again; files that are there are whole."
        ) from error


def _name(day: date | None) -> str:
    return day.isoformat() if day else WITHOUT_DAY


def _entry(partition: Partition, stamp: str | None) -> dict[str, Any]:
    return {"rows": partition.rows, "fingerprint": partition.fingerprint, "stamp": stamp}


def _stamp(info: Mapping[str, Any]) -> str:
    """What changes with a file's content: the store's own checksum, or its size and when it was written."""
    for name in STAMPS:
        if info.get(name):
            return str(info[name])
    return f"{info['size']} {info.get('mtime', '')}"


def _bytes(rows: pa.Table, form: Format) -> bytes:
    """The same rows are the same bytes."""
    buffer = io.BytesIO()
    if form == "csv":
        csv.write_csv(rows, buffer)
    else:
        parquet.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()
