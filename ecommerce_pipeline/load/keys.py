"""Rows of the warehouse by key: what a key may be, and statements that name many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dlt.common.utils import chunks

from ecommerce_pipeline.records.naming import text_rules
from ecommerce_pipeline.records.wire import IdType
from ecommerce_pipeline.source.tombstones import TOMBSTONE

OF_A_TOMBSTONE = f"right(_content_hash, {len(TOMBSTONE)}) = '{TOMBSTONE}'"
"""Holds for rows that the shop itself lists as deleted, and not for those that a sweep has marked."""

AT_ONCE = 1_000
"""How many keys one statement names; warehouses limit the length of a list."""


def is_id(key: Any, id_type: IdType) -> bool:
    """Whether a key can stand in the column `id`; a query that names another one would fail."""
    if id_type == "integer":
        return type(key) is int and -(2**63) <= key < 2**63
    return type(key) is str and not text_rules(key)


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
