"""Connections to the warehouse: each question opens one of its own, or all share one that is kept open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

import dlt

BOUNDS: dict[str, Any] = {"memory_limit": "1GB", "threads": 2, "preserve_insertion_order": False}
"""Settings of DuckDB while it loads; by itself it would take most of the memory there is, and each thread needs some.
What needs more goes to files beside the database. Others can be given as the `global_config` of its credentials.
"""

ALIASES = {"max_memory": "memory_limit", "worker_threads": "threads"}


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
def file_kept_open(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Inside the block a DuckDB file stays open; of any other warehouse nothing is held.

    dlt opens a connection for each table that it loads. The first one reads the file's headers and its log, and as the
    last one closes, DuckDB writes the log into the file: together that takes longer than to load 100,000 rows.
    """
    if pipeline.destination.destination_type.endswith(".duckdb"):
        with pipeline.sql_client() as client, _bounded(client):
            yield
    else:
        yield


@contextmanager
def _bounded(client: Any) -> Iterator[None]:
    """DuckDB within `BOUNDS` that nobody has set otherwise; what was set before is set again, for this process may have
    a connection beside ours.
    """
    configured = {name.lower() for name in client.credentials.global_config or {}}
    names = BOUNDS.keys() - {ALIASES.get(name, name) for name in configured}
    before = {name: client.execute_sql(f"SELECT current_setting('{name}')")[0][0] for name in names}
    try:
        for name in names:
            client.execute_sql(f"SET GLOBAL {name} = %s", BOUNDS[name])
        yield
    finally:
        for name, value in before.items():
            client.execute_sql(f"SET GLOBAL {name} = %s", value)
