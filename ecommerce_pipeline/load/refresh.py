"""Tables and cursors that are dropped before everything is read again."""

from __future__ import annotations

from collections.abc import Sequence

import dlt
from dlt.pipeline.helpers import pipeline_drop


def forget(pipeline: dlt.Pipeline, resources: Sequence[str], tables_stay: bool = False) -> None:
    """Drop the tables of resources together with their cursors, in a load package of its own; `tables_stay` in a lake.

    dlt's `refresh` drops the tables in the package that fills them again, and the committed cursors stay until its end:
    a stop in between would leave empty tables and cursors that are past their rows.
    """
    if pipeline.default_schema_name and resources:
        pipeline_drop(pipeline, resources=resources, state_only=tables_stay)()
