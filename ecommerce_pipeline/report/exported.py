"""What an export has written."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ecommerce_pipeline.export.run import Exported
from ecommerce_pipeline.report.printed import open_console


def print_exported(found: Sequence[Exported], address: str) -> None:
    """Partitions and rows of each table."""
    table = Table(title=f"files in {address}", title_justify="left")
    table.add_column("table", no_wrap=True)
    for name in ("partitions", "written", "rows written", "removed"):
        table.add_column(name, justify="right")
    for item in found:
        numbers = (item.partitions, item.written, item.rows, item.removed)
        table.add_row(item.table, *(f"{number:,}" for number in numbers))
    open_console().print(table)
