"""A message says what, how many, since when, the first ten, and what to do; it shows no sign that acts."""

from __future__ import annotations

from datetime import UTC, datetime

from ecommerce_pipeline.alerts.event import Event, Member, begun, in_order
from ecommerce_pipeline.alerts.kinds import CHECK_FAILED, KINDS, RUN_FAILED, Kind
from ecommerce_pipeline.alerts.message import SUBJECT_LENGTH, Letter, letter

NOW = datetime(2026, 11, 3, 6, 30, tzinfo=UTC)
SINCE = datetime(2026, 11, 1, 22, 15, tzinfo=UTC)


def _event(kind: Kind, *rows: tuple[str, ...]) -> Event:
    return begun(kind, [Member(str(number), SINCE, cells) for number, cells in enumerate(rows)], NOW)


def _letter(*events: Event) -> Letter:
    return letter(events, [], "shop", "analytics_alerts")


def test_what_a_shop_or_a_library_writes_cannot_act_in_the_mail() -> None:
    odd = '<img src=x onerror=alert(1)>"\r\nBcc: all@shop.example\x1b[2J\u202etxt'
    written = _letter(_event(RUN_FAILED, ("1", "", "", odd)))
    assert "<img" not in written.html and "&lt;img" in written.html
    for form in (written.text, written.chat, written.html):
        assert "\x1b" not in form and "\u202e" not in form and "\nBcc" not in form


def test_nothing_is_fetched_by_the_mail() -> None:
    events = [_event(kind, tuple("x" for _ in kind.columns)) for kind in KINDS.values()]
    html = _letter(*events).html
    assert "http" not in html and "<img" not in html and "<link" not in html and "<script" not in html


def test_a_long_subject_is_cut_and_stays_one_line() -> None:
    events = [_event(kind, tuple("x" for _ in kind.columns)) for kind in KINDS.values()]
    subject = _letter(*events).subject
    assert len(subject) == SUBJECT_LENGTH and subject.startswith(
        "[shop] the shop cannot be reached; the load fails"
    )


def test_each_kind_says_what_to_do_and_has_a_cell_for_each_column() -> None:
    for kind in KINDS.values():
        written = _letter(_event(kind, tuple(f"cell {number}" for number in range(len(kind.columns)))))
        for form in (written.text, written.chat, written.html):
            assert "What to do:" in form and "{" not in form
            assert "2026-11-01 22:15" in form and f"cell {len(kind.columns) - 1}" in form


def test_columns_stand_below_each_other_in_a_mail_and_not_in_a_chat() -> None:
    written = _letter(
        _event(CHECK_FAILED, ("a", "orders", "1", "2", ""), ("a longer one", "x", "3", "4", ""))
    )
    assert "  a             orders  1" in written.text
    assert "  a · orders · 1 · 2" in written.chat


def test_the_most_pressing_comes_first() -> None:
    events = [_event(kind, tuple("x" for _ in kind.columns)) for kind in reversed(KINDS.values())]
    assert [event.kind.name for event in in_order(events)] == list(KINDS)


def test_the_end_of_an_event_tells_how_long_it_was() -> None:
    event = _event(RUN_FAILED, ("1", "", "", "why"))
    over = Event(**{**vars(event), "closed_at": NOW})
    written = letter([], [over], "shop", "analytics_alerts")
    assert written.subject == "[shop] over: the load runs again"
    for form in (written.text, written.html):
        assert "2026-11-01 22:15 to 2026-11-03 06:30 UTC: the load runs again" in form
