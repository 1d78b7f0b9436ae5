"""What the alerts have found, and who was told."""

from __future__ import annotations

import sys

from rich.table import Table
from rich.text import Text

from ecommerce_pipeline.alerts.event import Event, shown
from ecommerce_pipeline.alerts.run import Alerted
from ecommerce_pipeline.report.printed import open_console, print_texts


def print_alerted(alerted: Alerted) -> None:
    """Events as a table, and what became of the messages; failures on standard error."""
    console = open_console()
    if alerted.events:
        table = Table(title="alerts", title_justify="left")
        for name in ("state", "what", "since (UTC)", "found (UTC)"):
            table.add_column(name)
        for event in alerted.events:
            state = _state(event, alerted)
            table.add_row(state, Text(event.headline), shown(event.since), shown(event.opened_at))
        console.print(table)
    else:
        console.print("alerts: none is open")
    if alerted.unjudged and not alerted.away:
        topics = ", ".join(kind.topic for kind in alerted.unjudged)
        console.print(f"Not judged, for nothing of the kind was noted here yet: {topics}.")
    console.print(_closing(alerted), markup=False)
    print_alert_failures(alerted)


def print_alerted_after_load(alerted: Alerted) -> None:
    """One line where something was sent; failures on standard error."""
    if alerted.sent:
        states = [_state(event, alerted) for event in alerted.events]
        told = (
            f"{states.count('new'):,} new, {states.count('over'):,} over, told to {', '.join(alerted.sent)}"
        )
        open_console().print(f"alerts: {told}", markup=False)
    print_alert_failures(alerted)


def print_alert_failures(alerted: Alerted) -> None:
    """A warning for each channel that could not be told, and for a warehouse that could not be asked."""
    lines = [
        f"warning: {name} could not be told, which is tried again by the next `python pipelines.py alert`: {why}"
        for name, why in alerted.failed.items()
    ]
    if alerted.away:
        lines.append(
            f"warning: only failed loads were looked at, for the warehouse cannot be asked. {alerted.away}"
        )
    sys.stderr.writelines(f"{line}\n" for line in lines)


def print_letters(alerted: Alerted) -> None:
    """What would be sent, as text."""
    print_texts(f"Subject: {letter.subject}\n\n{letter.text}" for letter in alerted.letters)
    if not alerted.letters:
        print_texts(["alerts: there is nothing to send"])
    print_alert_failures(alerted)


def _state(event: Event, alerted: Alerted) -> str:
    if event.closed_at is not None:
        return "over"
    return "new" if event.event_id in alerted.new else "open"


def _closing(alerted: Alerted) -> str:
    if not alerted.channels:
        return (
            "No channel is set, so nobody is told. Set `sources.ecommerce.alert_channels` in .dlt/secrets.toml;"
            " docs/alerts.md shows how."
        )
    if alerted.sent:
        return f"told: {', '.join(alerted.sent)}"
    return "nothing new to tell" if not alerted.failed else "nobody could be told"
