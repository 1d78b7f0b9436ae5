"""A cursor's instants are read from rows and written into parameters without ever asking for too little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ecommerce_pipeline.shop.instants import CursorInstants
from ecommerce_pipeline.shop.profile import Cursor

MOMENT = datetime(2026, 7, 1, 12, 30, 15, 987_654, tzinfo=UTC)
BERLIN = {"format": "naive", "timezone": "Europe/Berlin"}


def _instants(**declared: Any) -> CursorInstants:
    return CursorInstants(Cursor.model_validate(declared))


@pytest.mark.parametrize(
    ("declared", "parameter"),
    [
        ({}, "2026-07-01T12:30:15Z"),
        ({"precision": "millisecond"}, "2026-07-01T12:30:15.987Z"),
        ({"precision": "microsecond"}, "2026-07-01T12:30:15.987654Z"),
        (BERLIN, "2026-07-01T14:30:15"),
        ({"format": "unix", "precision": "microsecond"}, "1782909015"),
        ({"format": "unix_ms", "precision": "millisecond"}, "1782909015987"),
        ({"format": "unix_ms"}, "1782909015000"),
        ({"format": "rfc2822", "precision": "microsecond"}, "Wed, 01 Jul 2026 12:30:15 GMT"),
    ],
)
def test_a_parameter_is_cut_down_to_what_it_can_say_never_rounded_up(
    declared: dict[str, Any], parameter: str
) -> None:
    assert _instants(**declared).parameter(MOMENT) == parameter


@pytest.mark.parametrize(
    ("declared", "wire"),
    [
        ({}, "2026-07-01T12:30:15Z"),
        ({}, "2026-07-01T14:30:15+02:00"),
        (BERLIN, "2026-07-01T14:30:15"),
        ({"format": "unix"}, 1782909015),
        ({"format": "unix_ms"}, "1782909015000"),
        ({"format": "rfc2822"}, "Wed, 01 Jul 2026 12:30:15 GMT"),
    ],
)
def test_the_value_of_a_row_is_an_instant_in_utc(declared: dict[str, Any], wire: Any) -> None:
    assert _instants(**declared).parse(wire) == MOMENT.replace(microsecond=0)


@pytest.mark.parametrize(
    ("declared", "wire"),
    [
        ({}, None),
        ({}, ""),
        ({}, "yesterday"),
        ({}, "2026-07-01T14:30:15"),
        ({}, "0001-01-01T00:00:00+05:00"),
        ({}, 1782909015),
        ({"format": "unix"}, True),
        ({"format": "unix"}, Decimal("1e999999")),
        ({"format": "unix"}, Decimal("NaN")),
        ({"format": "rfc2822"}, "Mon, 32 Nov 2026 12:00:00 GMT"),
        (BERLIN, {"date": "2026-07-01"}),
    ],
)
def test_what_is_no_instant_is_missing(declared: dict[str, Any], wire: Any) -> None:
    assert _instants(**declared).parse(wire) is None


@pytest.mark.parametrize("form", ["rfc3339", "naive", "unix", "unix_ms", "rfc2822"])
@pytest.mark.parametrize("precision", ["second", "millisecond", "microsecond"])
def test_what_was_asked_for_comes_back_at_most_one_step_earlier(form: str, precision: str) -> None:
    instants = _instants(format=form, precision=precision, timezone="Europe/Berlin")
    asked = instants.parse(instants.parameter(MOMENT))
    assert asked is not None
    assert timedelta(0) <= MOMENT - asked < instants.step
    assert asked == instants.floor(MOMENT)


def test_the_hour_that_a_clock_shows_twice_is_asked_for_from_its_beginning() -> None:
    instants = _instants(**BERLIN)
    second_time = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    asked = instants.parse(instants.parameter(second_time))
    assert asked == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_instant_before_is_one_step_earlier_and_the_calendars_first_has_none() -> None:
    instants = _instants(precision="millisecond")
    assert instants.before(MOMENT) == MOMENT.replace(microsecond=986_000)
    first = instants.parse("0001-01-01T00:00:00Z")
    assert first is not None
    assert instants.before(first) == first
