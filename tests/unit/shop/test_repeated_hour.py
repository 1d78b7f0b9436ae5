"""Local time without an offset goes back by an hour in autumn: the cursor waits until that hour is over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ecommerce_pipeline.shop.instants import CursorInstants
from ecommerce_pipeline.shop.profile import Cursor

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
