"""dlt's own inference, asked while the shop is read: what it would find out when the records are normalised."""

from __future__ import annotations

from typing import Any

from dlt.common.schema import Schema
from dlt.normalize.configuration import NormalizeConfiguration
from dlt.normalize.items_normalizers import JsonLItemsNormalizer


def infer(schema: Schema, table: str, records: list[dict[str, Any]]) -> None:
    """Add to a schema what records show that it has not: columns, tables of lists.

    Args:
        schema: the live one of the extraction.
        table: of the records.
        records: as they are handed to dlt.
    """
    nowhere: Any = None
    normalizer = JsonLItemsNormalizer(nowhere, nowhere, nowhere, schema, "", NormalizeConfiguration())
    # dlt discovers the schema of an empty file in this way, and writes nothing.
    normalizer._normalize_chunk(table, records, may_have_pua=False, skip_write=True)
