"""Connections to the warehouse: each question opens one of its own, or all share one that is kept open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseException

from ecommerce_pipeline.load.duckdb_bounds import SMALL, Bounds, bounded, is_duckdb

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
    """
    if is_duckdb(pipeline):
        with pipeline.sql_client() as client, bounded(client, bounds):
            yield
            _write_log(client)
    else:
        yield


def _write_log(client: Any) -> None:
    """DuckDB would write its log into the file as the connection closes, and then take as much memory as it likes. What
    cannot be written now, for somebody else in this process is writing or the disk is full, is safe in the log.

    Raises:
        DatabaseException: DuckDB answers nothing more after it, and would not say why.
    """
    try:
        client.execute_sql("CHECKPOINT")
    except DatabaseException as error:
        if FATAL in str(error):
            raise
