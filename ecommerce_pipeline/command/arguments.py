"""What was typed becomes a request."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.shop.window import Window

YEARS = range(1970, 2200)


def requested_load(options: argparse.Namespace) -> Request:
    """What a load shall read.

    Raises:
        SettingError: an option is wrong, or two contradict each other.
    """
    request = requested_window(options, may_refresh=True)
    if request.window and request.full_refresh:
        raise SettingError("--full-refresh reads everything; leave out --since and --until.")
    return request


def requested_window(options: argparse.Namespace, may_refresh: bool = False) -> Request:
    """Which lists, and which span of their cursor.

    Raises:
        SettingError: an option is wrong, or belongs to another command.
    """
    if options.full_refresh and not may_refresh:
        raise SettingError(f"`{options.command}` loads nothing anew; leave out --full-refresh.")
    since, until = _instant("--since", options.since), _instant("--until", options.until)
    if since and until and since >= until:
        raise SettingError(
            f"--since {options.since} is not before --until {options.until}. Swap or correct them."
        )
    window = Window(since, until) if since or until else None
    return Request(_names(options), window, options.full_refresh)


def requested_lists(options: argparse.Namespace) -> Request:
    """Which lists.

    Raises:
        SettingError: an option is wrong, or belongs to another command.
    """
    request = requested_window(options)
    if request.window:
        raise SettingError(f"`{options.command}` goes through whole lists; leave out --since and --until.")
    return request


def requested_since(options: argparse.Namespace) -> date | None:
    """From which day on, UTC; None for all. The option is taken away, others of a window are refused elsewhere.

    Raises:
        SettingError: it is no date.
    """
    moment = _instant("--since", options.since)
    options.since = None
    return moment.date() if moment else None


def _names(options: argparse.Namespace) -> tuple[str, ...]:
    given = [*(options.resources or ()), *(getattr(options, "more_resources", None) or ())]
    names = tuple(dict.fromkeys(name.strip() for name in ",".join(given).split(",") if name.strip()))
    if given and not names:
        raise SettingError(
            "--resources is empty, expected names separated by commas, for example orders,customers."
        )
    return names


def _instant(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if moment.year not in YEARS:
            raise ValueError
    except ValueError:
        raise SettingError(
            f"{option} is {text!r}, expected a date or an instant of the years {YEARS[0]} to {YEARS[-1]}, for example"
            " 2026-11-01 or 2026-11-01T06:00:00Z."
        ) from None
    return moment.astimezone(UTC)
