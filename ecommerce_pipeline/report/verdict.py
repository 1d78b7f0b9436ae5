"""What a comparison of the shop with the warehouse has found."""

from __future__ import annotations

from rich.table import Table

from ecommerce_pipeline.checks.differences import KINDS, Differences
from ecommerce_pipeline.checks.verify import Verdict
from ecommerce_pipeline.report.printed import open_console

SHOWN_KEYS = 10


def print_verdict(verdict: Verdict) -> None:
    """The differences as a table, the first keys of each kind, and what to do."""
    console = open_console()
    table = Table(title=f"{verdict.shop} compared with the warehouse", title_justify="left")
    table.add_column("table", no_wrap=True)
    for name in ("compared", *KINDS):
        table.add_column(name, justify="right")
    for found in verdict.tables:
        table.add_row(found.table, f"{found.compared:,}", *(f"{n:,}" for n in found.counts.values()))
    console.print(table)
    for found in verdict.tables:
        for line in _keys(found):
            console.print(line)
    console.print(_closing(verdict))


def _keys(found: Differences) -> list[str]:
    lines = []
    for kind in KINDS:
        keys = getattr(found, kind)
        if keys:
            more = f" and {len(keys) - SHOWN_KEYS:,} more" if len(keys) > SHOWN_KEYS else ""
            lines.append(f"{found.table} {kind}: {', '.join(map(str, keys[:SHOWN_KEYS]))}{more}")
    return lines


def _closing(verdict: Verdict) -> str:
    if not verdict.differs:
        return "The warehouse is what the shop was at the last run."
    if verdict.repaired:
        return "What differed has been read again; `python pipelines.py verify` shows whether all is well."
    return "They differ. `python pipelines.py verify --repair` reads again what differs and touches nothing else."
