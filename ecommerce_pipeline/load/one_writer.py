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
from dlt.common.destination.exceptions import DestinationException

from ecommerce_pipeline.errors import AnotherRun, DestinationFailed
from ecommerce_pipeline.load.requirements import DATASET


class _Lock:
    """What one piece of work holds, and the connection by which it does."""

    def __init__(self) -> None:
        self.opened = ExitStack()
        self.client: Any = None


_LOCK: ContextVar[_Lock | None] = ContextVar("lock of the dataset", default=None)


@contextmanager
def let_go_at_the_end() -> Iterator[None]:
    """What `hold` takes inside the block is let go of at its end."""
    lock = _Lock()
    token = _LOCK.set(lock)
    try:
        yield
    finally:
        _LOCK.reset(token)
        with contextlib.suppress(Exception):  # the server may have gone away; the lock is gone then
            lock.opened.close()


def hold(pipeline: dlt.Pipeline, in_a_slot: bool) -> None:
    """Hold the dataset until the end of the block of `let_go_at_the_end`, once; of other warehouses nothing is held.

    Args:
        pipeline: knows the warehouse.
        in_a_slot: whether others in slots may work meanwhile. Each has a staging schema, which is held as well: slots
            of another folder have the same numbers.

    Raises:
        AnotherRun: somebody else holds it.
    """
    lock = _LOCK.get()
    if lock is None:
        raise RuntimeError("a warehouse is opened for writing without the lock of its folder")
    if lock.client is not None or not pipeline.destination.destination_type.endswith(".postgres"):
        return
    with ExitStack() as opened:
        made: Any = pipeline.sql_client()
        client = opened.enter_context(made)
        # The locks end with their transaction: one that ends with its connection would be left in a pool of them
        # (https://www.postgresql.org/docs/current/explicit-locking.html, "Advisory Locks").
        opened.enter_context(client.begin_transaction())
        client.execute_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        _take(client, DATASET, "_shared" if in_a_slot else "")
        _take(client, str(client.staging_dataset_name), "")
        lock.client, lock.opened = client, opened.pop_all()


def _take(client: Any, name: str, kind: str) -> None:
    ((free,),) = client.execute_sql(f"SELECT pg_try_advisory_xact_lock{kind}(hashtext(%s))", name)
    if not free:
        raise AnotherRun(
            "Another run loads into this database, from another folder or machine. Wait for its end, then run again;"
            " this one has written nothing."
        )


def check_held() -> None:
    """Ask by the connection that holds, before something is loaded.

    Raises:
        DestinationFailed: the server has closed it, and may have let somebody else in.
    """
    lock = _LOCK.get()
    if lock is None or lock.client is None:
        return
    try:
        lock.client.execute_sql("SELECT 1")
    except DestinationException:
        raise DestinationFailed(
            "The server has closed the connection that keeps other runs out of the database, and this one loads nothing"
            " more. Look at its time limits for idle connections and transactions, then run again; what was fetched is"
            " kept."
        ) from None
