"""What the warehouse knows of rows that are read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dlt

from ecommerce_pipeline.load.connection import asking
from ecommerce_pipeline.load.keys import rows_with
from ecommerce_pipeline.load.stored import Stored, Version
from ecommerce_pipeline.source.quarantine import TABLE
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.repeats import Lookup, identity
from ecommerce_pipeline.source.versions import Known


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
        name: lookup(Stored(pipeline, name, reading.profile.id_type), reload)
        for name in reading.listed
        if name in reading.existing_tables
    }


def lookup(stored: Stored, reload: frozenset[str] = frozenset()) -> Lookup:
    """Asks the warehouse which versions of some keys it has; a row that it has twice is unknown, and so is mended.

    Args:
        stored: the rows of the resource.
        reload: the `identity` of rows that are not asked for.
    """

    def ask(keys: Iterable[Any]) -> dict[str, Known]:
        versions = stored.versions(key for key in keys if identity(key) not in reload)
        return {name: _known(rows[0]) for name, rows in versions.items() if len(rows) == 1}

    return ask


def _known(version: Version) -> Known:
    known = Known(version.cursor, version.content_hash)
    return known.without_content() if version.swept else known


def refusals(pipeline: dlt.Pipeline) -> Callable[[Sequence[str]], set[str]]:
    """Asks the quarantine which of some ids of refused records it has."""

    def ask(rejected_ids: Sequence[str]) -> set[str]:
        with asking(pipeline) as client:
            table = client.make_qualified_table_name(TABLE)
            query = f"SELECT rejected_id FROM {table} WHERE rejected_id"  # noqa: S608  # our names
            return {found for (found,) in rows_with(client, query, rejected_ids)}

    return ask
