"""What the warehouse knows of rows that are read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dlt
import pendulum
from dlt.common.utils import chunks

from ecommerce_pipeline.load.asking import asking
from ecommerce_pipeline.records.naming import text_rules
from ecommerce_pipeline.records.wire import IdType
from ecommerce_pipeline.source.quarantine import TABLE
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.repeats import Known, Lookup, identity
from ecommerce_pipeline.source.tombstones import BURIED

AT_ONCE = 1_000
"""How many keys one statement names; warehouses limit the length of a list."""


def lookups(
    pipeline: dlt.Pipeline, reading: Reading, reload: frozenset[str] = frozenset()
) -> dict[str, Lookup]:
    """By resource, for those whose table is there.

    Args:
        pipeline: knows the warehouse.
        reading: the run.
        reload: the `identity` of rows that shall come as if the warehouse had them not.
    """
    return {
        name: lookup(pipeline, name, reading.profile.id_type, reload)
        for name in reading.listed
        if name in reading.existing_tables
    }


def refusals(pipeline: dlt.Pipeline) -> Callable[[Sequence[str]], set[str]]:
    """Asks the quarantine which of some ids of refused records it has."""

    def ask(rejected_ids: Sequence[str]) -> set[str]:
        with asking(pipeline) as client:
            table = client.make_qualified_table_name(TABLE)
            query = f"SELECT rejected_id FROM {table} WHERE rejected_id IN"  # noqa: S608  # our names
            return {found for (found,) in rows_with(client, query, rejected_ids)}

    return ask


def lookup(
    pipeline: dlt.Pipeline, resource: str, id_type: IdType, reload: frozenset[str] = frozenset()
) -> Lookup:
    """Asks the warehouse which versions of some keys it has.

    Args:
        pipeline: knows the warehouse.
        resource: names the table.
        id_type: the type of its `id`; keys of another type are not asked for, the query would fail.
        reload: the `identity` of rows that are not asked for.
    """

    def ask(keys: Iterable[Any]) -> dict[str, Known]:
        wanted = [key for key in keys if is_id(key, id_type) and identity(key) not in reload]
        if not wanted:
            return {}
        with asking(pipeline) as client:
            table = client.make_qualified_table_name(resource)
            query = f"SELECT id, updated_at, _content_hash, _deleted_at FROM {table} WHERE id IN"  # noqa: S608  # our names
            found = rows_with(client, query, wanted)
        return {str(identity(row[0])): _known(*row[1:]) for row in found}

    return ask


def _known(moment: Any, digest: str, deleted: Any) -> Known:
    known = Known(pendulum.instance(moment), digest)
    swept = deleted is not None and not digest.endswith(BURIED)
    return known.without_content() if swept else known


def rows_with(client: Any, query: str, keys: Sequence[Any]) -> list[Any]:
    """The rows of a query that ends in IN, asked for some keys at a time."""
    found: list[Any] = []
    for some in chunks(keys, AT_ONCE):
        marks = ", ".join(["%s"] * len(some))
        found += client.execute_sql(f"{query} ({marks})", *some) or []
    return found


def is_id(key: Any, id_type: IdType) -> bool:
    """Whether a key can stand in the column `id`; a query that names another one would fail."""
    if id_type == "integer":
        return type(key) is int and -(2**63) <= key < 2**63
    return type(key) is str and not text_rules(key)
