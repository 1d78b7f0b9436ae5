"""What is found beside what is known: what begins, what is over, and who is to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ecommerce_pipeline.alerts.event import Event, Finding, begun
from ecommerce_pipeline.alerts.state import Message, State


@dataclass(frozen=True)
class Changes:
    """What an evaluation adds to the state.

    Attributes:
        begun: events of what was not known.
        over: ids of events of which nothing is left.
        messages: what channels have to be told because of it.
    """

    begun: list[Event]
    over: list[str]
    messages: list[Message]


def changes(found: Sequence[Finding], state: State, channels: Sequence[str], now: datetime) -> Changes:
    """Compare what is found with what is known.

    A kind of which there is no finding could not be judged: its events stay as they are, and so do those of others'
    loads.

    Args:
        found: at most one finding of a kind.
        state: what is known.
        channels: ids of those to be told.
        now: the present instant, UTC.
    """
    new, over = [], []
    for finding in found:
        known = [event for event in state.open if finding.judges(event)]
        names = {member.name for member in finding.members}
        over += [event for event in known if names.isdisjoint(event.members)]
        told = {name for event in known for name in event.members}
        if unknown := [member for member in finding.members if member.name not in told]:
            new.append(begun(finding.kind, unknown, now))
    open_now = [event for event in (*state.open, *new) if event not in over]
    wanted = (*_beginnings(open_now, channels), *_endings(over, state))
    there = {(message.event_id, message.channel, message.news) for message in state.messages}
    messages = [item for item in wanted if (item.event_id, item.channel, item.news) not in there]
    return Changes(new, [event.event_id for event in over], messages)


def _beginnings(open_now: Sequence[Event], channels: Sequence[str]) -> Iterator[Message]:
    """All that is open, for all: a channel that is new is told what there is."""
    for event in open_now:
        for channel in channels:
            yield Message(event.event_id, channel, "opened")


def _endings(over: Sequence[Event], state: State) -> Iterator[Message]:
    """Who is to be told of a beginning is told of the end too."""
    with_end = {event.event_id for event in over if event.kind.over}
    for message in state.messages:
        if message.news == "opened" and message.event_id in with_end:
            yield Message(message.event_id, message.channel, "over")
