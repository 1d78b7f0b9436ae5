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
    for name in ("compared", "counted only", *KINDS):
        table.add_column(name, justify="right")
    for found in verdict.tables:
        numbers = (found.compared, found.counted, *found.counts.values())
        table.add_row(found.table, *(f"{number:,}" for number in numbers))
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
    if verdict.repairs is None and all(found.lacks_nothing for found in verdict.tables):
        return "The shop has deleted rows that the warehouse has. `python pipelines.py sweep` marks them as deleted."
    if verdict.repairs is None:
        return "They differ. `python pipelines.py verify --repair` reads again what differs and touches nothing else."
    if verdict.unmarked:
        return (
            f"What differed has been read again. {verdict.unmarked:,} rows did not come in this window: the shop has"
            " deleted them or moved them to an earlier time. `python pipelines.py sweep` tells which and marks them."
        )
    if not verdict.mended:
        return "NOT every row that was read again is accounted for; run the same command again."
    return "What differed has been read again; `python pipelines.py verify` shows whether all is well."
