"""A disk that fails while a lake in a folder is written: files are cut short, commits do not come about."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import deltalake
import pytest
from deltalake.table import TableMerger
from fsspec.implementations.local import LocalFileSystem

Write = Callable[..., Any]


@contextmanager
def writes_failing(at: int, pattern: str) -> Iterator[list[str]]:
    """From the `at`th write that matches on nothing is written; gives the names of the writes that failed.

    Args:
        at: counts from 1.
        pattern: of what is done to which path: `put`, `move` and `commit`.
    """
    met, failed = 0, []

    def fails(name: str) -> bool:
        nonlocal met
        met += re.search(pattern, name) is not None
        if met >= at:
            failed.append(name)
        return met >= at

    with pytest.MonkeyPatch.context() as patch:
        for name in ("put_file", "pipe_file", "write_text"):
            patch.setattr(LocalFileSystem, name, _cutting(getattr(LocalFileSystem, name), fails))
        patch.setattr(LocalFileSystem, "mv", _stopping(LocalFileSystem.mv, fails, _moved))
        patch.setattr(deltalake, "write_deltalake", _stopping(deltalake.write_deltalake, fails, _added))
        patch.setattr(TableMerger, "execute", _stopping(TableMerger.execute, fails, _merged))
        yield failed


def _cutting(write: Write, fails: Callable[[str], bool]) -> Write:
    """A write that leaves half a file when it fails."""

    def cutting(self: Any, *arguments: Any, **named: Any) -> Any:
        path = str(arguments[-1] if write.__name__ == "put_file" else arguments[0])
        if not fails(f"put {path}"):
            return write(self, *arguments, **named)
        write(self, *arguments, **named)
        content = Path(path).read_bytes()
        Path(path).write_bytes(content[: len(content) // 2])
        raise OSError(errno.EIO, "the disk fails")

    return cutting


def _stopping(write: Write, fails: Callable[[str], bool], name: Callable[[tuple[Any, ...]], str]) -> Write:
    """A step that does nothing when it fails."""

    def stopping(*arguments: Any, **named: Any) -> Any:
        if fails(name(arguments)):
            raise OSError(errno.EIO, "the disk fails")
        return write(*arguments, **named)

    return stopping


def _moved(arguments: tuple[Any, ...]) -> str:
    return f"move {arguments[2]}"


def _added(arguments: tuple[Any, ...]) -> str:
    table = arguments[0]
    return f"commit added to {getattr(table, 'table_uri', table)}"


def _merged(arguments: tuple[Any, ...]) -> str:
    return f"commit merged into {arguments[0]._table.table_uri()}"
