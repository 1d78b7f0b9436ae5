"""dlt's own inference, asked while the shop is read: what it would find out when the records are normalised."""

from __future__ import annotations

from typing import Any

from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.normalize.configuration import NormalizeConfiguration
from dlt.normalize.items_normalizers import JsonLItemsNormalizer


def infer(
    schema: Schema, table: str, records: list[dict[str, Any]], capabilities: DestinationCapabilitiesContext
) -> None:
    """Add to a schema what records show that it has not: columns, tables of lists.

    Args:
        schema: the live one of the extraction.
        table: of the records.
        records: as they are handed to dlt.
        capabilities: of the destination.
    """
    nowhere: Any = None
    configuration = NormalizeConfiguration()
    configuration.destination_capabilities = capabilities
    # As in dlt's own step: a schema whose tables were made a moment ago would leave `_dlt_root_id` out of their lists.
    fresh = schema.clone(update_normalizers=True)
    normalizer = JsonLItemsNormalizer(nowhere, nowhere, nowhere, fresh, "", configuration)
    # dlt discovers the schema of an empty file in this way, and writes nothing.
    found = normalizer._normalize_chunk(table, records, may_have_pua=False, skip_write=True)
    for partial in (update for updates in found.values() for update in updates):
        schema.update_table(partial, normalize_identifiers=False)
