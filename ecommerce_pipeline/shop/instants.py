"""Instants as a shop's cursor field and its parameters write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from ecommerce_pipeline.records.wire import instant_parser
from ecommerce_pipeline.shop.profile import Cursor

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
"""Some shops send it where an instant is missing."""

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CursorInstants:
    """Reads and writes the values of one declared cursor. All instants are aware and UTC."""

    def __init__(self, declared: Cursor) -> None:
        self._zone = ZoneInfo(declared.timezone)
        self._form = declared.format
        self._parse = instant_parser(declared.format, self._zone if declared.format == "naive" else None)
        finest = {"unix": 1_000_000, "rfc2822": 1_000_000, "unix_ms": 1_000}.get(declared.format, 1)
        self._step = max(finest, {"second": 1_000_000, "millisecond": 1_000}.get(declared.precision, 1))
        self.step = timedelta(microseconds=self._step)
        self._timespec = {1_000_000: "seconds", 1_000: "milliseconds"}.get(self._step, "microseconds")

    def parse(self, value: Any) -> datetime | None:
        """The instant of a row, None where it is missing or wrong."""
        try:
            return self._parse(value)
        except ValueError:
            return None

    def floor(self, moment: datetime) -> datetime:
        """The instant cut down to what a parameter can say.

        A row may carry more digits than a request; progress counts only as far as it can be asked for.
        """
        return moment.replace(microsecond=moment.microsecond // self._step * self._step)

    def unrepeated(self, moment: datetime) -> datetime:
        """The instant itself, or the beginning of the hour that a clock change repeats, where it lies in it.

        Local time without an offset goes back there: what changes in the second pass is stamped like the first.
        """
        if self._form != "naive" or not self._zone_repeats(moment):
            return moment
        first = moment.astimezone(self._zone).replace(fold=0).astimezone(UTC)
        while self._zone_repeats(first - MINUTE):
            first -= MINUTE
        return first.replace(second=0, microsecond=0)

    def _zone_repeats(self, moment: datetime) -> bool:
        local = moment.astimezone(self._zone)
        return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()

    def before(self, moment: datetime) -> datetime:
        """The instant that a parameter can say before this one; the calendar's first has none."""
        moment = self.floor(moment)
        return moment - self.step if moment - FIRST >= self.step else moment

    def after(self, moment: datetime) -> datetime:
        """The instant that a parameter can say after this one; the calendar's last has none."""
        moment = self.floor(moment)
        return moment + self.step if LAST - moment >= self.step else moment

    def parameter(self, moment: datetime) -> str:
        """The instant as a parameter, cut down, never rounded up: a lower bound then asks for a little more."""
        moment = self.floor(moment)
        if self._form == "unix":
            return str((moment - EPOCH) // timedelta(seconds=1))
        if self._form == "unix_ms":
            return str((moment - EPOCH) // timedelta(milliseconds=1))
        if self._form == "rfc2822":
            return format_datetime(moment, usegmt=True)
        local = moment.astimezone(self._zone if self._form == "naive" else UTC).replace(tzinfo=None)
        return local.isoformat(timespec=self._timespec) + ("" if self._form == "naive" else "Z")
