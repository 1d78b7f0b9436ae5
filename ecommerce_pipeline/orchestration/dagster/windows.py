"""Which part of the cursor's range is read for the days that Dagster asks for."""

from __future__ import annotations

from datetime import datetime, timedelta

from ecommerce_pipeline.shop.window import Window

DAY = timedelta(days=1)

FOLLOWS = {"ecommerce/reads": "what changed since the last run"}
"""The tag of a run that follows the cursor, though it may wait, or be tried again, until its day has passed."""


def window_of(begin: datetime, end: datetime, now: datetime) -> Window | None:
    """What is read for some days.

    Args:
        begin: the first instant of the first day, UTC.
        end: the last instant of the last day, UTC.
        now: the present instant, UTC.

    Returns:
        for past days, these: a re-read that leaves the cursor alone. For past days and the present one, all from the
        first on, which leaves it alone too. None for the present day alone: what changed since the last run, wherever
        its days are.
    """
    if end <= now:
        return Window(begin, end)
    return Window(begin) if end - begin > DAY else None
