"""What a folder told without the warehouse is known to it afterwards, whatever it knew before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ecommerce_pipeline.alerts.event import Event, Member, begun
from ecommerce_pipeline.alerts.kinds import RUN_FAILED, SHOP_AWAY, Kind
from ecommerce_pipeline.alerts.meanwhile import meanwhile
from ecommerce_pipeline.alerts.state import Message, News, State

NOW = datetime(2026, 11, 3, 6, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def _event(member: str = "load here", kind: Kind = RUN_FAILED) -> Event:
    return begun(kind, [Member(member, NOW, ("1", "", "", "why"))], NOW)


def _message(event: Event, news: News = "opened", sent: bool = True) -> Message:
    return Message(event.event_id, "channel", news, LATER if sent else None)


def _state(*events: Event, messages: list[Message]) -> State:
    return State({event.event_id: event for event in events}, messages)


def _brought(noted: State, known: State, there: set[str] | None = None) -> State:
    meanwhile(noted, known, known.events.keys() if there is None else there).bring(known)
    return known


def test_what_the_warehouse_does_not_know_is_brought_with_who_was_told() -> None:
    event = _event()
    assert _brought(_state(event, messages=[_message(event)]), State()).messages == [_message(event)]


def test_what_is_open_there_under_another_name_is_the_same_event_and_is_not_told_again() -> None:
    there, again = _event(), _event()
    known = _brought(
        _state(again, messages=[_message(again)]), _state(there, messages=[_message(there, sent=False)])
    )
    assert list(known.events) == [there.event_id]
    assert known.messages == [_message(there)]


@pytest.mark.parametrize("other", [_event("load elsewhere"), _event(kind=SHOP_AWAY)])
def test_an_event_of_another_folder_or_kind_is_another(other: Event) -> None:
    mine = _event()
    known = _brought(_state(mine, messages=[]), _state(other, messages=[]))
    assert set(known.events) == {mine.event_id, other.event_id}


def test_what_ended_meanwhile_ends_there_at_the_same_instant() -> None:
    event = _event()
    noted = _state(
        replace(event, closed_at=LATER), messages=[_message(event), _message(event, "over", sent=False)]
    )
    known = _brought(noted, _state(event, messages=[_message(event)]))
    assert known.events[event.event_id].closed_at == LATER
    assert known.messages == [_message(event), _message(event, "over", sent=False)]


def test_what_is_over_and_told_there_is_not_opened_again_by_an_old_note() -> None:
    event = _event()
    known = _brought(_state(event, messages=[_message(event)]), State(), {event.event_id})
    assert (known.events, known.messages) == ({}, [])


def test_what_is_brought_a_second_time_changes_nothing() -> None:
    event = _event()
    noted, known = _state(event, messages=[_message(event)]), State()
    for _ in range(2):
        _brought(noted, known)
    assert (len(known.events), len(known.messages)) == (1, 1)
