"""What is exported."""

from __future__ import annotations

from typing import NamedTuple

from ecommerce_pipeline.transform.star import STAR


class ExportedTable(NamedTuple):
    """A model whose rows become files.

    Attributes:
        name: of the model and of its folder.
        day: the expression that gives the day of a row, as in the model `export_partitions`.
        key: orders the rows of a day.
    """

    name: str
    day: str
    key: str


MADE = "CAST(created_at AS DATE)"
DAYS = {"dim_customer": MADE, "dim_product": MADE, "dim_date": "month_start"}
"""The day of a row of a table that is not sorted by one."""

TABLES = tuple(ExportedTable(name, DAYS.get(name, lies.day), lies.key) for name, lies in STAR.items())

INTERNAL = ("row_hash",)
"""Columns that are not exported."""
