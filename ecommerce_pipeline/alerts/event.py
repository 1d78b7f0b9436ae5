"""What was found, and what became of it: a finding holds now, an event has a beginning and an end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ecommerce_pipeline.alerts.kinds import KINDS, Kind
from ecommerce_pipeline.source.cursor import standard

SHOWN = 10


@dataclass(frozen=True)
class Member:
    """One order, list, check and the like that is concerned.

    Attributes:
        name: tells it from the others of its kind.
        since: when it began, UTC.
        cells: a row of its kind's table.
    """

    name: str
    since: datetime
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """All that one kind concerns now.

    Attributes:
        kind: of what.
        members: the worst first; none where all is well.
        looked_at: the only name that was looked at; empty where all were.
    """

    kind: Kind
    members: tuple[Member, ...]
    looked_at: str = ""

    def judges(self, event: Event) -> bool:
        """Whether it tells what becomes of an event."""
        return event.kind == self.kind and (not self.looked_at or self.looked_at in event.members)


@dataclass(frozen=True)
class Event:
    """Some that were found together for the first time, and are told together.

    Attributes:
        event_id: tells it from all others.
        kind: of what.
        since: when the first of them began, UTC.
        members: names of all of them.
        rows: of the first ten, as texts.
        opened_at: when they were found, UTC.
        closed_at: when none of them was found any more, UTC; None before.
    """

    event_id: str
    kind: Kind
    since: datetime
    members: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def headline(self) -> str:
        """What is wrong, in a few words that begin small."""
        return self.kind.headline(len(self.members))


def begun(kind: Kind, members: Sequence[Member], now: datetime) -> Event:
    """An event of what is found for the first time.

    Args:
        kind: of what.
        members: the worst first, at least one.
        now: the present instant, UTC.
    """
    return Event(
        event_id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
        kind=kind,
        since=min(member.since for member in members),
        members=tuple(member.name for member in members),
        rows=tuple(member.cells for member in members[:SHOWN]),
        opened_at=now,
    )


def in_order(events: Sequence[Event]) -> list[Event]:
    """The most pressing first, of one kind the oldest."""
    ranks = {name: rank for rank, name in enumerate(KINDS)}
    return sorted(events, key=lambda event: (ranks[event.kind.name], event.opened_at))


def instant(value: datetime) -> datetime:
    """An instant of the warehouse, UTC and of the standard library; models keep theirs without a zone."""
    return standard(value if value.tzinfo else value.replace(tzinfo=UTC))


def shown(value: datetime | None) -> str:
    """An instant as people read it, UTC; empty without one."""
    return f"{instant(value):%Y-%m-%d %H:%M}" if value else ""


def text(value: object) -> str:
    """A value as people read it; empty without one."""
    return "" if value is None else str(value)
