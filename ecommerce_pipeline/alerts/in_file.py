"""The state in a file where no warehouse can keep it: it is away, nothing is loaded yet, or it is a lake. While there
is one, the file has what must be known without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ecommerce_pipeline.alerts.event import Event
from ecommerce_pipeline.alerts.state import Message, State, event_of, event_row
from ecommerce_pipeline.load.whole_files import read_json, write_json


class InFile:
    """Keeps the state in a JSON file, whole with each change.

    Args:
        file: beside the pipeline's working folder.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._state = self.load()
        self._asked_at: datetime | None = None

    @property
    def asked_at(self) -> datetime | None:
        """When the warehouse was asked and nothing was left to be told, UTC; None where that is not known."""
        noted = read_json(self._file).get("asked_at")
        return datetime.fromisoformat(noted) if noted else None

    def load(self) -> State:
        """What is known; nothing where the file is missing or cannot be read."""
        noted = read_json(self._file)
        found = (event_of(_with_instants(row), row["members"]) for row in noted.get("events", ()))
        events = {event.event_id: event for event in found if event}
        rows = (row for row in noted.get("messages", ()) if row["event_id"] in events)
        messages = [Message(**_with_instants(row)) for row in rows]
        return State(events, messages)

    def add(self, events: Sequence[Event], messages: Sequence[Message]) -> None:
        """Keep more."""
        self._state.add(events, messages)
        self._write()

    def close(self, event_ids: Sequence[str], at: datetime) -> None:
        """Keep that events have ended."""
        self._state.close(event_ids, at)
        self._write()

    def sent(self, messages: Sequence[Message], at: datetime) -> None:
        """Keep that messages were sent."""
        self._state.sent(messages, at)
        self._write()

    def told(self, events: Sequence[Event], messages: Sequence[Message], at: datetime) -> None:
        """Keep that messages were sent, of events that may be kept elsewhere."""
        known = self._state
        known.add(
            [event for event in events if event.event_id not in known.events],
            [message for message in messages if message not in known.messages],
        )
        self.sent(messages, at)

    def hold(self, state: State, asked_at: datetime | None) -> None:
        """Keep this and nothing else."""
        self._state, self._asked_at = State(dict(state.events), list(state.messages)), asked_at
        self._write()

    def forget_told(self) -> None:
        """Forget events that are over and told: no warehouse has to learn of them."""
        waiting = {message.event_id for message in self._state.messages if not message.sent_at}
        events = self._state.events.items()
        kept = {name: event for name, event in events if event.closed_at is None or name in waiting}
        self.hold(State(kept, [item for item in self._state.messages if item.event_id in kept]), None)

    def _write(self) -> None:
        noted = {
            "events": [
                {**event_row(event), "members": event.members} for event in self._state.events.values()
            ],
            "messages": [vars(message) for message in self._state.messages],
            "asked_at": self._asked_at,
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_json(self._file, noted)


def _with_instants(row: dict[str, Any]) -> dict[str, Any]:
    names = ("since", "opened_at", "closed_at", "sent_at")
    return row | {name: datetime.fromisoformat(row[name]) for name in names if row.get(name)}
