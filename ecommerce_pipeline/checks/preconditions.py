"""What must hold before anything is compared, and before rows are marked as deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import dlt

from ecommerce_pipeline.errors import SettingError, TooManyGone
from ecommerce_pipeline.load.tables import Tables
from ecommerce_pipeline.settings import Settings
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
    tables = Tables(pipeline)
    there = tables.kept(())
    missing = sorted(tables.missing) or [n for n in (*reading.listed, QUARANTINE) if n not in there]
    if missing:
        raise SettingError(
            f"The warehouse has no table {', '.join(missing)}, so there is nothing to compare."
            " Run `python pipelines.py` first: it loads what is missing."
        )


class Missing(NamedTuple):
    """Rows of one resource that the shop has no more.

    Attributes:
        resource: its name.
        rows: how many.
        live: how many rows of the warehouse were not marked before.
        in_shop: how many rows the shop has shown.
    """

    resource: str
    rows: int
    live: int
    in_shop: int


def refuse_too_many(found: Iterable[Missing], settings: Settings) -> None:
    """Refuse to mark suspiciously much: a key that lost a permission looks like a shop that lost its orders.

    A few rows of a small table are a large share and no reason for alarm; a list that is empty always is.

    Raises:
        TooManyGone: a resource lacks more than `sweep_max_share` of its rows, and more than `sweep_min_rows`.
    """
    most, few = settings.sweep_max_share, settings.sweep_min_rows
    refused = [
        item for item in found if item.rows > most * item.live and (item.rows > few or not item.in_shop)
    ]
    if refused:
        shares = ", ".join(f"{item.rows} of {item.live} rows of {item.resource}" for item in refused)
        raise TooManyGone(
            f"The shop has no more {shares}; that is more than `sources.ecommerce.sweep_max_share` = {most:g} allows."
            " Nothing was marked. If they are really deleted, run the same command again with --force; if not, look"
            " whether the key still may read everything."
        )
