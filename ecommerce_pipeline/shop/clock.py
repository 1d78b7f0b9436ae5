"""What time it is at the shop's place."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

logger = logging.getLogger(__name__)

AHEAD = timedelta(seconds=1)
"""How far the shop's clock may be ahead of ours, less than any usual safety lag. If it is the front of the shop that
is ahead and not what stamps its rows, the cursor would pass rows that are still to come.
"""

MARGIN = timedelta(minutes=1)
"""How far ours may be ahead of a shop's that does not tell its time."""

WRONG = timedelta(minutes=1)
"""From which difference on a clock that is ahead is worth a warning."""

STALE = timedelta(hours=1)


def shop_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """The shop's clock by the `Date` header of an answer, never far in the future.

    Args:
        headers: of the answer.
        now: our own clock, UTC.

    Returns:
        An instant in UTC; too early does no harm, the next run only reads a little more again.
    """
    told = http_date(headers.get("Date", ""))
    if told is None:
        logger.warning("the shop does not tell its time; the cursor stays %d s behind ours", MARGIN.seconds)
        return now - MARGIN
    if told < now - STALE:
        logger.warning("the shop's clock says %s; the cursor does not pass it", told.isoformat())
    if told > now + WRONG:
        logger.warning("the shop's clock says %s, which is in the future; ours counts", told.isoformat())
    return min(told, now + AHEAD)


def http_date(text: str) -> datetime | None:
    """The instant of a header such as `Date`, UTC; None where it holds none."""
    try:
        moment = parsedate_to_datetime(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
