"""A letter as text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from ecommerce_pipeline.alerts.event import Event, shown

WIDTH = 100
LONGEST_CELL = 60


def written(
    new: Sequence[Event], over: Sequence[Event], cures: Mapping[str, str], name: str, aligned: bool
) -> str:
    """All events, one after the other.

    Args:
        new: events that have begun.
        over: events that have ended.
        cures: what to do, by the ids of the new ones.
        name: of the shop.
        aligned: whether columns stand below each other; what chats show has letters of many widths.
    """
    parts = [_new(event, cures[event.event_id], aligned) for event in new]
    if over:
        parts.append("\n".join(["OVER", *(ended(event) for event in over)]))
    parts.append(
        f"-- \nAlerts of the pipeline {name}. Each event is told once, and once more when it is over."
    )
    return "\n\n".join(parts) + "\n"


def ended(event: Event) -> str:
    """How the end of an event is told, on one line."""
    span = f"{shown(event.since)} to {shown(event.closed_at)} UTC"
    return f"{event.headline}, {span}" + (f": {event.kind.over}." if event.kind.over else ".")


def more(event: Event) -> str:
    """How many of an event are not shown; empty where all are."""
    hidden = len(event.members) - len(event.rows)
    return f"and {hidden:,} more" if hidden > 0 else ""


def capital(text: str) -> str:
    """A sentence's beginning."""
    return text[:1].upper() + text[1:]


def _new(event: Event, cure: str, aligned: bool) -> str:
    head = capital(event.headline)
    rule = ["=" * len(head)] if aligned else []
    table = _table(event) if aligned or len(event.rows) == 1 else _lines(event)
    lines = [head, *rule, f"Since {shown(event.since)} UTC.", "", *table]
    if rest := more(event):
        lines.append(f"  {rest}")
    advice = f"What to do: {cure}"
    wrapped = textwrap.wrap(advice, WIDTH, break_long_words=False) if aligned else [advice]
    return "\n".join([*lines, "", *wrapped])


def _lines(event: Event) -> list[str]:
    return ["  " + " · ".join(filter(None, map(plain, cells))) for cells in (event.kind.columns, *event.rows)]


def _table(event: Event) -> list[str]:
    """Columns side by side; a single row as one line for each cell, since its cells may be sentences."""
    if len(event.rows) == 1:
        width = max(map(len, event.kind.columns))
        pairs = zip(event.kind.columns, event.rows[0], strict=True)
        return [f"  {column.ljust(width)}  {plain(cell)}" for column, cell in pairs if cell]
    rows = [[plain(cell, LONGEST_CELL) for cell in cells] for cells in (event.kind.columns, *event.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    laid = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [f"  {line}".rstrip() for line in laid]


def plain(cell: str, longest: int = 1000) -> str:
    """A cell on one line, without signs that a terminal or a mail would act on."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in cell).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
