"""The cursor's range by days, and which part of it a run reads."""

from __future__ import annotations

from datetime import datetime

from dagster import BackfillPolicy, DailyPartitionsDefinition, TimeWindow

from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.window import Window


def days(settings: Settings) -> DailyPartitionsDefinition:
    """The days from the first on, UTC; the present one is among them."""
    return DailyPartitionsDefinition(start_date=settings.first_day, timezone="UTC", end_offset=1)


def backfills(settings: Settings) -> BackfillPolicy:
    """How many days one run of a backfill reads."""
    return BackfillPolicy.multi_run(max_partitions_per_run=settings.days_per_run)


def closed_window(asked: TimeWindow, now: datetime) -> Window | None:
    """Which part of the cursor's range is read for the days that Dagster asks for.

    Args:
        asked: from the first instant of the first day to the last instant of the last.
        now: the present instant, UTC.

    Returns:
        that part, where all of it lies in the past: a re-read that leaves the cursor alone. None where it does not:
        what changed since the last run is read, wherever its days are.
    """
    return Window(asked.start, asked.end) if asked.end <= now else None
