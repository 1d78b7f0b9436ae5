"""dlt's incremental cursor, made to lose nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import dlt
from dlt.common import jsonpath

# dlt compiles a cursor's path some twenty times a run, and jsonpath-ng builds its whole grammar each time (25 ms).
# A compiled path never changes, so that one is enough.
jsonpath._parse = functools.cache(jsonpath._parse)  # type: ignore[attr-defined]


class LosslessCursor(dlt.sources.incremental[datetime]):
    """Moves as dlt's cursor moves, but never drops a row.

    dlt's own drops a row that has the boundary's value and a known key even when its content changed,
    and any row below the lower bound (https://github.com/dlt-hub/dlt/issues/1131, 2479). Here what
    comes is counted by `Repeats` and the merge removes doubles, so nothing vanishes without account.
    """

    def __call__(self, rows: Any, meta: Any = None) -> Any:
        """Move the cursor by these rows and hand all of them on."""
        super().__call__(rows, meta)
        return rows


def never_past(ceiling: datetime) -> Callable[[Iterable[datetime]], datetime]:
    """A function of last values that stays at or below the ceiling.

    Args:
        ceiling: the shop's clock at the start of the run less the safety lag, UTC.
    """

    def last_value(values: Iterable[datetime]) -> datetime:
        return min(max(values), ceiling)

    return last_value
