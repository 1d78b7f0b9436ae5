"""What a list's cursor says of rows and windows, in the words of its shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ecommerce_pipeline.shop.instants import CursorInstants
from ecommerce_pipeline.shop.paging import value_at
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.window import Window


class Timed:
    """A list whose rows have a cursor.

    Args:
        profile: the resource's part of the shop profile.
    """

    def __init__(self, profile: ResourceProfile) -> None:
        self.profile = profile
        self._instants = CursorInstants(profile.cursor)

    def cursor(self, row: Any) -> datetime | None:
        """The row's cursor value in UTC, None where it is missing or wrong."""
        return self._instants.parse(value_at(row, self.profile.cursor.field))

    def instant(self, value: Any) -> datetime | None:
        """A value in the form of the cursor as an instant in UTC, None where it is none."""
        return self._instants.parse(value)

    def floor(self, moment: datetime) -> datetime:
        """The instant cut down to the precision of the shop's parameters."""
        return self._instants.floor(moment)

    def after(self, moment: datetime) -> datetime:
        """The next instant that the shop's parameters can say."""
        return self._instants.after(moment)

    def unambiguous(self, window: Window) -> Window:
        """The window with ends that one local time alone stands for; see `CursorInstants.unrepeated`."""
        ends = {"since": window.since, "until": window.until}
        return replace(
            window, **{name: self._instants.unrepeated(end) if end else end for name, end in ends.items()}
        )

    def cut(self, moment: datetime) -> datetime:
        """An instant at or below a moment that the shop's parameters can say, and that nothing else is called by."""
        return self._instants.unrepeated(self.floor(moment))

    def lowest(self, moment: datetime) -> datetime:
        """The lowest value that a filter since a moment may show; a step earlier where it leaves out its bound."""
        inclusive = self.profile.cursor.since_inclusive
        return self.floor(moment) if inclusive else self._instants.before(moment)

    def bounds(self, window: Window) -> dict[str, str]:
        """The parameters that filter by a window."""
        cursor = self.profile.cursor
        since = self.lowest(window.since) if window.since else None
        named = {cursor.since_param: since, cursor.until_param: window.until}
        return {name: self._instants.parameter(moment) for name, moment in named.items() if name and moment}
