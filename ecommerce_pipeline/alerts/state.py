"""What was found and who was told: kept, so that each event is told once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from ecommerce_pipeline.alerts.event import Event
from ecommerce_pipeline.alerts.kinds import KINDS

News = Literal["opened", "over"]


@dataclass(frozen=True)
class Message:
    """One piece of news for one channel.

    Attributes:
        event_id: of the event.
        channel: the channel's id.
        news: whether it has begun or is over.
        sent_at: when it was sent, UTC; None while it waits.
    """

    event_id: str
    channel: str
    news: News
    sent_at: datetime | None = None


@dataclass
class State:
    """Events that are open or not told to everybody yet, and their messages."""

    events: dict[str, Event] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)

    @property
    def open(self) -> list[Event]:
        """The events that have not ended."""
        return [event for event in self.events.values() if event.closed_at is None]

    def waiting(self, channel: str) -> list[Message]:
        """What a channel has not been told."""
        return [message for message in self.messages if message.channel == channel and not message.sent_at]

    def add(self, events: Iterable[Event], messages: Iterable[Message]) -> None:
        """Know more."""
        self.events |= {event.event_id: event for event in events}
        self.messages += messages

    def close(self, event_ids: Iterable[str], at: datetime) -> None:
        """Know that events have ended."""
        self.events |= {name: replace(self.events[name], closed_at=at) for name in event_ids}

    def sent(self, messages: Sequence[Message], at: datetime) -> None:
        """Know that messages were sent."""
        self.messages = [
            replace(message, sent_at=at) if message in messages else message for message in self.messages
        ]


def event_row(event: Event) -> dict[str, Any]:
    """An event as a row, its members left out."""
    return {
        "event_id": event.event_id,
        "kind": event.kind.name,
        "since": event.since,
        "concerned": len(event.members),
        "first_ten": json.dumps(event.rows, ensure_ascii=False),
        "opened_at": event.opened_at,
        "closed_at": event.closed_at,
    }


def event_of(row: dict[str, Any], members: Iterable[str]) -> Event | None:
    """The event of a row; None where a newer release has written a kind that this one does not know."""
    kind = KINDS.get(row["kind"])
    if kind is None:
        return None
    rows = tuple(tuple(cells) for cells in json.loads(row["first_ten"]))
    return Event(
        row["event_id"], kind, row["since"], tuple(members), rows, row["opened_at"], row["closed_at"]
    )
