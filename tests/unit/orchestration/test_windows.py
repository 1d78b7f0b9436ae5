"""Past days are read again, the present one follows the cursor, and no day that is asked for is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ecommerce_pipeline.orchestration.dagster.windows import window_of
from ecommerce_pipeline.shop.window import Window

TODAY = datetime(2026, 11, 26, tzinfo=UTC)
NOW = TODAY + timedelta(hours=9)
DAY = timedelta(days=1)


def test_past_days_are_read_again() -> None:
    assert window_of(TODAY - 30 * DAY, TODAY, NOW) == Window(TODAY - 30 * DAY, TODAY)


def test_the_present_day_alone_follows_the_cursor() -> None:
    assert window_of(TODAY, TODAY + DAY, NOW) is None


def test_past_days_that_are_asked_for_with_the_present_one_are_read_too() -> None:
    assert window_of(TODAY - DAY, TODAY + DAY, NOW) == Window(TODAY - DAY)


def test_a_day_ends_with_its_last_instant() -> None:
    assert window_of(TODAY, TODAY + DAY, TODAY + DAY) == Window(TODAY, TODAY + DAY)
