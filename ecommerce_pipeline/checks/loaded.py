"""There must be something to compare with."""

from __future__ import annotations

import dlt

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.tables import Tables
from ecommerce_pipeline.source.quarantine import TABLE as QUARANTINE
from ecommerce_pipeline.source.reading import Reading


def require_loaded(pipeline: dlt.Pipeline, reading: Reading) -> None:
    """Refuse a warehouse that lacks one of the tables.

    Args:
        pipeline: knows the warehouse.
        reading: its resources are to be compared.

    Raises:
        SettingError: nothing was loaded yet, or somebody dropped a table.
    """
    there = Tables(pipeline).kept(())
    missing = [name for name in (*reading.listed, QUARANTINE) if name not in there]
    if missing:
        raise SettingError(
            f"The warehouse has no table {', '.join(missing)}, so there is nothing to compare."
            " Run `python pipelines.py` first: it loads what is missing."
        )
