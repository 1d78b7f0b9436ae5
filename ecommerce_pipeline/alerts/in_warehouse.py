"""The state in the warehouse: three tables beside the raw ones."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import dlt

from ecommerce_pipeline.alerts.event import Event
from ecommerce_pipeline.alerts.state import Message, State, event_of, event_row
from ecommerce_pipeline.load.notes import Notes, NoteTable

EVENTS = NoteTable(
    "alert_events",
    {
        "event_id": "text",
        "kind": "text",
        "since": "timestamp",
        "concerned": "bigint",
        "first_ten": "text",
        "opened_at": "timestamp",
        "closed_at": "timestamp",
    },
)
"""One row per event."""

MEMBERS = NoteTable("alert_members", {"event_id": "text", "part": "bigint", "names": "text"})
"""Whom an event concerns: a list of names in JSON, in parts that fit into any warehouse's texts."""

MESSAGES = NoteTable(
    "alert_messages", {"event_id": "text", "channel": "text", "news": "text", "sent_at": "timestamp"}
)
"""One row per piece of news and channel; the channel is a hash of its address."""

NAMES_IN_A_PART = 1000


class InWarehouse:
    """Keeps the state in the warehouse.

    Args:
        pipeline: knows it.
    """

    def __init__(self, pipeline: dlt.Pipeline) -> None:
        self._events = Notes(pipeline, EVENTS)
        self._members = Notes(pipeline, MEMBERS)
        self._messages = Notes(pipeline, MESSAGES)

    def load(self) -> State:
        """Events that are open or not told to everybody yet."""
        rows = {row["event_id"]: row for row in self._events.find("WHERE closed_at IS NULL")}
        messages = self._find(self._messages, "sent_at IS NULL OR", rows)
        others = {message["event_id"] for message in messages} - rows.keys()
        rows |= {row["event_id"]: row for row in self._find(self._events, "", others)}
        messages += self._find(self._messages, "sent_at IS NOT NULL AND", others) if others else []
        members = defaultdict[str, list[str]](list)
        for row in self._find(self._members, "", rows, "ORDER BY event_id, part"):
            members[row["event_id"]] += json.loads(row["names"])
        found = (event_of(row, members[name]) for name, row in rows.items())
        events = {event.event_id: event for event in found if event}
        return State(events, [Message(**row) for row in messages if row["event_id"] in events])

    def having(self, event_ids: Sequence[str]) -> set[str]:
        """Those of some events that are kept here, ended and told ones too."""
        return {row["event_id"] for row in self._find(self._events, "", event_ids)}

    def add(self, events: Sequence[Event], messages: Sequence[Message]) -> None:
        """Keep more; a kill in between leaves members without an event, or an event whose messages are added later."""
        self._members.add([row for event in events for row in _parts(event)])
        self._events.add([event_row(event) for event in events])
        self._messages.add([vars(message) for message in messages])

    def close(self, event_ids: Sequence[str], at: datetime) -> None:
        """Keep that events have ended."""
        if event_ids:
            self._events.change({"closed_at": at}, f"event_id IN ({_marks(event_ids)})", *event_ids)

    def sent(self, messages: Sequence[Message], at: datetime) -> None:
        """Keep that messages were sent to one channel."""
        names = sorted({message.event_id for message in messages})
        if names:
            where = f"channel = %s AND sent_at IS NULL AND event_id IN ({_marks(names)})"
            self._messages.change({"sent_at": at}, where, messages[0].channel, *names)

    @staticmethod
    def _find(notes: Notes, where: str, names: Iterable[str], rest: str = "") -> list[dict[str, Any]]:
        """Rows of some events, or that another condition holds for."""
        known = sorted(names)
        if not known and not where:
            return []
        return notes.find(f"WHERE {where} event_id IN ({_marks(known) or 'NULL'}) {rest}", *known)


def _marks(names: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(names))


def _parts(event: Event) -> Iterator[dict[str, Any]]:
    for start in range(0, len(event.members), NAMES_IN_A_PART):
        names = json.dumps(event.members[start : start + NAMES_IN_A_PART], ensure_ascii=False)
        yield {"event_id": event.event_id, "part": start // NAMES_IN_A_PART, "names": names}
