"""The state in a file where no warehouse can keep it: it is away, nothing is loaded yet, or it is a lake."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ecommerce_pipeline.alerts.event import Event
from ecommerce_pipeline.alerts.state import Message, State, event_of, event_row


class InFile:
    """Keeps the state in a JSON file, whole with each change.

    Args:
        file: beside the pipeline's working folder.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._state = self.load()

    def load(self) -> State:
        """What is known; nothing where the file is missing or cannot be read."""
        try:
            noted = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return State()
        found = (event_of(_with_instants(row), row["members"]) for row in noted["events"])
        events = {event.event_id: event for event in found if event}
        messages = [Message(**_with_instants(row)) for row in noted["messages"] if row["event_id"] in events]
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

    def clear(self) -> None:
        """Forget all, once it is kept elsewhere."""
        self._file.unlink(missing_ok=True)

    def _write(self) -> None:
        waiting = {message.event_id for message in self._state.messages if not message.sent_at}
        kept = [e for e in self._state.events.values() if e.closed_at is None or e.event_id in waiting]
        names = {event.event_id for event in kept}
        noted = {
            "events": [{**event_row(event), "members": event.members} for event in kept],
            "messages": [vars(message) for message in self._state.messages if message.event_id in names],
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        half = self._file.with_suffix(f".{os.getpid()}")
        half.write_text(json.dumps(noted, default=datetime.isoformat), "utf-8")
        half.replace(self._file)


def _with_instants(row: dict[str, Any]) -> dict[str, Any]:
    names = ("since", "opened_at", "closed_at", "sent_at")
    return row | {name: datetime.fromisoformat(row[name]) for name in names if row.get(name)}
