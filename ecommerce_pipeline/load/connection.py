"""Connections to the warehouse: each question opens one of its own, or all share one that is kept open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseException

from ecommerce_pipeline.load.duckdb_bounds import (
    LARGE,
    SMALL,
    SPARING,
    Bounds,
    bounded,
    is_duckdb,
    lacks_memory,
)

FATAL = "FATAL Error"
"""DuckDB's words where a database cannot be used any more until it is opened again."""


class _Kept:
    """A connection that is opened with the first question."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._client: Any = None

    def client(self, pipeline: dlt.Pipeline) -> Any:
        if self._client is None:
            client: Any = pipeline.sql_client()
            self._client = self._stack.enter_context(client)
        return self._client


_FILE_OPEN: ContextVar[bool] = ContextVar("file kept open", default=False)
_KEPT: ContextVar[_Kept | None] = ContextVar("kept connection", default=None)


@contextmanager
def kept_open() -> Iterator[None]:
    """Inside the block all questions go over one connection: to open one takes longer than to ask, on some
    warehouses a second. Nothing is loaded inside.
    """
    with ExitStack() as stack:
        token = _KEPT.set(_KEPT.get() or _Kept(stack))
        try:
            yield
        finally:
            _KEPT.reset(token)


@contextmanager
def asking(pipeline: dlt.Pipeline) -> Iterator[Any]:
    """dlt's client of the warehouse, open."""
    kept = _KEPT.get()
    if kept is None:
        with pipeline.sql_client() as client:
            yield client
    else:
        yield kept.client(pipeline)


@contextmanager
def file_kept_open(pipeline: dlt.Pipeline, bounds: Bounds = SMALL) -> Iterator[None]:
    """Inside the block a DuckDB file stays open, and DuckDB within bounds; of any other warehouse nothing is held.

    dlt opens a connection for each table that it loads. The first one reads the file's headers and its log, and as the
    last one closes, DuckDB writes the log into the file: together that takes longer than to load 100,000 rows.

    Raises:
        DatabaseException: DuckDB answers nothing more after it, and would not say why.
    """
    if not is_duckdb(pipeline):
        yield
        return
    outermost, written = not _FILE_OPEN.get(), True
    token = _FILE_OPEN.set(True)
    try:
        with pipeline.sql_client() as client, bounded(client, bounds):
            yield
            # A block outside writes it later, when nothing is asked any more.
            if outermost or bounds is LARGE:
                written = _write_log(client)
    finally:
        _FILE_OPEN.reset(token)
    if not written:
        _write_log_unbounded(pipeline)


def _write_log(client: Any) -> bool:
    """DuckDB would write its log into the file as the connection closes, and then take as much memory as it likes. What
    cannot be written now, for somebody else in this process is writing or the disk is full, is safe in the log.

    Returns:
        Whether there was memory enough. Where there was not, the file has to be opened again: DuckDB writes whole
        groups of rows, of 120,000 or more, and those of long rows need more than any bounds.
    """
    try:
        client.execute_sql("CHECKPOINT")
    except DatabaseException as error:
        if FATAL in str(error):
            if not lacks_memory(error):
                raise
            return False
    return True


def _write_log_unbounded(pipeline: dlt.Pipeline) -> None:
    with pipeline.sql_client() as client, bounded(client, SPARING):
        client.execute_sql("CHECKPOINT")
