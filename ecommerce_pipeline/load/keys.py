"""Rows of the warehouse by key: statements that name many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dlt.common.utils import chunks

from ecommerce_pipeline.source.tombstones import TOMBSTONE

OF_A_TOMBSTONE = f"right(_content_hash, {len(TOMBSTONE)}) = '{TOMBSTONE}'"
"""Holds for rows that the shop itself lists as deleted, and not for those that a sweep has marked."""

AT_ONCE = 1_000
"""How many keys one statement names; warehouses limit the length of a list."""


def in_lists(keys: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """`IN (%s, ...)` and its values, for some keys at a time."""
    for some in chunks(keys, AT_ONCE):
        yield f"IN ({', '.join(['%s'] * len(some))})", some


def rows_with(client: Any, query: str, keys: Sequence[Any]) -> list[Any]:
    """The rows of a query that is completed by a list of keys."""
    found: list[Any] = []
    for listed, some in in_lists(keys):
        found += client.execute_sql(f"{query} {listed}", *some) or []
    return found
