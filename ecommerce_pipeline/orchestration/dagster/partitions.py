"""The cursor's range by days, and how many of them a run reads."""

from __future__ import annotations

from datetime import date

from dagster import BackfillPolicy, DailyPartitionsDefinition

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.settings import Settings


def days(settings: Settings) -> DailyPartitionsDefinition:
    """The days from the first on, UTC; the present one is among them.

    Raises:
        SettingError: there is no such day.
    """
    try:
        date.fromisoformat(settings.first_day)
    except ValueError as error:
        raise SettingError(f"`sources.ecommerce.first_day` is {settings.first_day!r}: {error}.") from None
    return DailyPartitionsDefinition(start_date=settings.first_day, timezone="UTC", end_offset=1)


def backfills(settings: Settings) -> BackfillPolicy:
    """How many days one run of a backfill reads."""
    return BackfillPolicy.multi_run(max_partitions_per_run=settings.days_per_run)
