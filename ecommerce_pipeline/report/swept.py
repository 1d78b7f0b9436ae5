"""What a sweep has marked."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ecommerce_pipeline.checks.sweep import Swept
from ecommerce_pipeline.report.printed import open_console


def print_swept(found: Sequence[Swept]) -> None:
    """Rows in the shop, in the warehouse, marked and unmarked, as a table."""
    table = Table(title="rows that the shop has no more", title_justify="left")
    table.add_column("resource", no_wrap=True)
    for name in ("in the shop", "live before", "marked as deleted", "unmarked"):
        table.add_column(name, justify="right")
    for item in found:
        numbers = (item.in_shop, item.live, len(item.gone), len(item.back))
        table.add_row(item.resource, *(f"{number:,}" for number in numbers))
    open_console().print(table)
