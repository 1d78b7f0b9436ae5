"""Tables that have no rows yet and exist all the same."""

from __future__ import annotations

import dlt
from dlt.common.schema.utils import has_table_seen_data


def make_empty_tables(pipeline: dlt.Pipeline) -> None:
    """Make the tables of lists inside records of which no element came yet.

    dlt makes a table with the first row for it; a query on `orders__tags` must not depend on that. Call it
    between `normalize` and `load`: once a schema is stored, dlt looks no more for what it lacks.
    """
    if not pipeline.default_schema_name or not pipeline.list_normalized_load_packages():
        return
    if all(has_table_seen_data(table) for table in pipeline.default_schema.data_tables()):
        return
    with pipeline.destination_client() as client:
        client.initialize_storage()
        client.update_stored_schema()
