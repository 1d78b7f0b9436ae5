"""dlt's incremental cursor, made to lose nothing."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any

import dlt
from dlt.common import jsonpath

# dlt compiles a cursor's path some twenty times a run, and jsonpath-ng builds its whole grammar each time (25 ms).
# A compiled path never changes, so that one is enough.
jsonpath._parse = functools.cache(jsonpath._parse)  # type: ignore[attr-defined]


class LosslessCursor(dlt.sources.incremental[datetime]):
    """dlt's cursor, kept and shown where dlt keeps it, but it never drops a row and moves only when it is told.

    dlt's own drops a row that has the boundary's value and a known key even when its content changed,
    and any row below the lower bound (https://github.com/dlt-hub/dlt/issues/1131, 2479). Here what
    comes is counted by `Repeats` and the merge removes doubles, so nothing vanishes without account. dlt's also
    moves with the highest row that came; how far a list is complete only its walk knows.
    """

    def __call__(self, rows: Any, meta: Any = None) -> Any:
        """Hand all rows on."""
        return rows

    @property
    def position(self) -> datetime | None:
        """The last value as an instant of the standard library: dlt hands out pendulum's, with which exact
        arithmetic fails.
        """
        return plain(self.last_value)

    def move_to(self, moment: datetime) -> None:
        """Let the next reading begin at `moment`, UTC; it never goes back."""
        before = self.position
        self.get_state()["last_value"] = moment if before is None else max(before, moment)


def standard(moment: datetime) -> datetime:
    """The same instant, of the standard library and in UTC: dlt's clients may hand out pendulum's."""
    return datetime.fromisoformat(moment.isoformat()).astimezone(UTC)


def plain(moment: datetime | None) -> datetime | None:
    """The same, or None."""
    return standard(moment) if moment else None
