"""What a folder has told while the warehouse was away, brought to it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from ecommerce_pipeline.alerts.event import Event
from ecommerce_pipeline.alerts.state import Message, State


class Knowing(Protocol):
    """What can learn of events and messages."""

    def add(self, events: Sequence[Event], messages: Sequence[Message]) -> None:
        """Learn more."""

    def close(self, event_ids: Sequence[str], at: datetime) -> None:
        """Learn that events have ended."""

    def sent(self, messages: Sequence[Message], at: datetime) -> None:
        """Learn that messages were sent to one channel."""


@dataclass
class Meanwhile:
    """What the warehouse does not know.

    Attributes:
        events: that it has not.
        messages: that it has not, sent or not.
        over: ids of events that are open there, and when they ended.
        sent: messages that wait there, and when they were sent.
    """

    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    over: list[tuple[str, datetime]] = field(default_factory=list)
    sent: list[tuple[Message, datetime]] = field(default_factory=list)

    def bring(self, to: Knowing) -> None:
        """Tell it; what a kill leaves out is found again by the next evaluation."""
        if self.events or self.messages:
            to.add(self.events, self.messages)
        for event_id, at in self.over:
            to.close([event_id], at)
        for message, at in self.sent:
            to.sent([message], at)


def meanwhile(noted: State, known: State, there: Set[str]) -> Meanwhile:
    """What is noted in the folder beside what the warehouse knows.

    An event that the warehouse does not have, and whose members are open there in another one, is that other one: the
    folder could not know it when it was told.

    Args:
        noted: in the folder.
        known: to the warehouse: events that are open or not told to everybody yet.
        there: ids of the folder's events that the warehouse has, ended and told ones too.
    """
    found = Meanwhile()
    names = _names(noted, known, there)
    for event in noted.events.values():
        name = names.get(event.event_id)
        if name is None:
            continue
        if name not in known.events:
            found.events.append(event)
        elif event.closed_at and known.events[name].closed_at is None:
            found.over.append((name, event.closed_at))
    waiting = {(item.event_id, item.channel, item.news): item for item in known.messages}
    for message in noted.messages:
        if message.event_id not in names:
            continue
        mine = replace(message, event_id=names[message.event_id])
        theirs = waiting.get((mine.event_id, mine.channel, mine.news))
        if theirs is None:
            found.messages.append(mine)
        elif mine.sent_at and theirs.sent_at is None:
            found.sent.append((theirs, mine.sent_at))
    return found


def _names(noted: State, known: State, there: Set[str]) -> dict[str, str]:
    """The folder's events -> what the warehouse calls them; what is over and told there is left out."""
    open_there = {(event.kind.name, name): event.event_id for event in known.open for name in event.members}
    found = {}
    for event in noted.events.values():
        others = [open_there.get((event.kind.name, name)) for name in event.members]
        if event.event_id not in there:
            found[event.event_id] = next(filter(None, others), event.event_id)
        elif event.event_id in known.events:
            found[event.event_id] = event.event_id
    return found
