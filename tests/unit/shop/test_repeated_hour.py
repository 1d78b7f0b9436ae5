"""Local time without an offset goes back by an hour in autumn: the cursor waits until that hour is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecommerce_pipeline.shop.instants import CursorInstants
from ecommerce_pipeline.shop.profile import Cursor
from ecommerce_pipeline.shop.walks.slices import slices
from ecommerce_pipeline.shop.window import Window

BEGIN = datetime(2025, 10, 26, 0, 0, tzinfo=UTC)  # 02:00 in Berlin, for the first time


def _unrepeated(form: str, zone: str, moment: datetime) -> datetime:
    declared = Cursor.model_validate({"format": form, "timezone": zone})
    return CursorInstants(declared).unrepeated(moment)


@pytest.mark.parametrize("minute", [0, 1, 30, 59, 60, 61, 119])
def test_in_the_repeated_hour_the_cursor_waits_at_its_beginning(minute: int) -> None:
    moment = BEGIN.replace(hour=minute // 60, minute=minute % 60, second=17)
    assert _unrepeated("naive", "Europe/Berlin", moment) == BEGIN


@pytest.mark.parametrize(
    ("form", "zone", "moment"),
    [
        ("naive", "Europe/Berlin", datetime(2025, 10, 25, 23, 59, 59, tzinfo=UTC)),
        ("naive", "Europe/Berlin", datetime(2025, 10, 26, 2, 0, tzinfo=UTC)),
        ("naive", "UTC", BEGIN),
        ("rfc3339", "Europe/Berlin", BEGIN),
    ],
)
def test_any_other_instant_stays(form: str, zone: str, moment: datetime) -> None:
    assert _unrepeated(form, zone, moment) == moment


class _Minutes:
    """As much of an endpoint as cutting needs: a list with a row in every minute about the change of clocks."""

    def __init__(self) -> None:
        self._instants = CursorInstants(
            Cursor.model_validate({"format": "naive", "timezone": "Europe/Berlin"})
        )
        self._rows = [BEGIN + timedelta(minutes=minute) for minute in range(-60, 240)]

    def count(self, window: Window) -> int:
        return sum(window.has(moment) for moment in self._rows)

    def cut(self, moment: datetime) -> datetime:
        return self._instants.unrepeated(self._instants.floor(moment))


def test_no_window_is_cut_inside_the_repeated_hour() -> None:
    endpoint: Any = _Minutes()
    cuts = [part.until for part in slices(endpoint, Window(until=BEGIN + timedelta(hours=4)), 30)]
    assert len(cuts) > 4
    assert [cut for cut in cuts if cut and BEGIN < cut < BEGIN + timedelta(hours=2)] == []
