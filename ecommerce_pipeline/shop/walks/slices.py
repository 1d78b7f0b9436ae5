"""A closed window cut into slices of the cursor, so that a long reading can be committed in steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.window import Window

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the search for a cut begins in a window without a lower end; older rows come with the first slice."""


def slices(endpoint: Endpoint, window: Window, most: int) -> Iterator[Window]:
    """The window in ascending parts. The totals that a shop reports for windows tell where to cut, in a few requests;
    a shop that reports none has one part.

    Args:
        endpoint: the list; it can filter by both ends.
        window: its upper end is closed.
        most: how many rows a part may have; more where they share one value.
    """
    rest = window
    while rest.until is not None and (rows := endpoint.count(rest)) is not None and rows > most:
        cut = _cut(endpoint, rest, rest.until, most)
        if cut is None:
            break
        yield replace(rest, until=cut)
        rest = replace(rest, since=cut)
    yield rest


def _cut(endpoint: Endpoint, window: Window, until: datetime, most: int) -> datetime | None:
    """An instant below which stand `most` rows at most and not much less than half; None where there is none."""
    low, high = window.since or EARLIEST, until
    while (middle := endpoint.cut(low + (high - low) / 2)) > low:
        rows = endpoint.count(replace(window, until=middle))
        if rows is None:
            return None
        if rows > most:
            high = middle
        elif 2 * rows < most:
            low = middle
        else:
            return middle
    return low if low > (window.since or EARLIEST) else high if high < until else None
