"""One run at a time in a PostgreSQL database, whatever folder or machine it works from.

Two runs would share the tables that dlt merges from, and empty them under each other. The lock of a working folder does
not reach another folder; a file of DuckDB has one writer anyway, and Snowflake and Redshift have no lock that ends with
who holds it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

import dlt

from ecommerce_pipeline.errors import AnotherRun
from ecommerce_pipeline.load.requirements import DATASET

_AT_THE_END: ContextVar[ExitStack | None] = ContextVar("what is let go of at the end", default=None)


@contextmanager
def let_go_at_the_end() -> Iterator[None]:
    """What `hold` takes inside the block is let go of at its end."""
    with ExitStack() as stack:
        token = _AT_THE_END.set(stack)
        try:
            yield
        finally:
            _AT_THE_END.reset(token)


def hold(pipeline: dlt.Pipeline, beside_others: bool) -> None:
    """Hold the dataset until the end of the block of `let_go_at_the_end`; of other warehouses nothing is held.

    Args:
        pipeline: knows the warehouse.
        beside_others: whether others that say so too may work meanwhile, each with a staging schema of its own.

    Raises:
        AnotherRun: somebody else holds it.
    """
    stack = _AT_THE_END.get()
    if stack is not None and pipeline.destination.destination_type.endswith(".postgres"):
        stack.enter_context(_held(pipeline, "_shared" if beside_others else ""))


@contextmanager
def _held(pipeline: dlt.Pipeline, kind: str) -> Iterator[None]:
    """The lock ends with its transaction: one that ends with its connection would be left in a pool of them
    (https://www.postgresql.org/docs/current/explicit-locking.html, "Advisory Locks").
    """
    with ExitStack() as opened:
        made: Any = pipeline.sql_client()
        client = opened.enter_context(made)
        opened.enter_context(client.begin_transaction())
        client.execute_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        ((free,),) = (
            client.execute_sql(f"SELECT pg_try_advisory_xact_lock{kind}(hashtext(%s))", DATASET) or []
        )  # our names
        if not free:
            raise AnotherRun(
                "Another run loads into this database, from another folder or machine. Wait for its end, then run"
                " again; this one has written nothing."
            )
        closing = opened.pop_all()
    try:
        yield
    finally:
        with contextlib.suppress(Exception):  # the server may have gone away; the lock is gone then
            closing.close()
