"""One answer of a list."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ecommerce_pipeline.shop.exchange import PageRequest

if TYPE_CHECKING:
    from ecommerce_pipeline.shop.typed_rows import TypedRows

Identity = tuple[str, Any, int]
"""What tells the rows of a page apart: the key's type, the key, how often the page had it before."""


@dataclass(frozen=True)
class Page:
    """One answer: what was asked, what came, what follows.

    Attributes:
        request: what was asked.
        address: the address that answered, free of secrets.
        rows: as the shop sent them.
        identities: one for each row.
        cursors: one for each row, UTC, cut down to what a request can say; None where missing or wrong.
        total: how many rows the shop reports for the window, None where it reports none.
        following: the request of the next page, None at the end.
        settled: every row below this cursor value has come on earlier pages, UTC; None where the walk cannot say.
        typed: the same rows as objects of one type, where the page was decoded so.
        size: how many bytes the body had.
    """

    request: PageRequest
    address: str
    rows: Sequence[Any]
    identities: list[Identity]
    cursors: Sequence[datetime | None]
    total: int | None
    following: PageRequest | None
    settled: datetime | None = None
    typed: TypedRows | None = None
    size: int = 0

    @property
    def top(self) -> datetime | None:
        """The highest cursor value, None without any."""
        return self._ends[1] if self._ends else max((value for value in self.cursors if value), default=None)

    @property
    def bottom(self) -> datetime | None:
        """The lowest cursor value, None without any."""
        return self._ends[0] if self._ends else min((value for value in self.cursors if value), default=None)

    @property
    def ascends(self) -> bool:
        """Whether no cursor value is below the one before it."""
        values = [value for value in self.cursors if value] if not self._ends else []
        return all(earlier <= later for earlier, later in pairwise(values))

    def at_top(self, value: datetime) -> set[Identity]:
        """The rows of a page in ascending order whose cursor value is its highest, `value`."""
        if self.typed and self._ends:
            return set(self.identities[len(self.identities) - self.typed.last_of(value) :])
        rows = zip(self.identities, self.cursors, strict=True)
        return {identity for identity, cursor in rows if cursor == value}

    @property
    def _ends(self) -> tuple[datetime, datetime] | None:
        return self.typed.ends if self.typed else None


def identities_of(rows: list[Any], keys: Iterable[Any]) -> list[Identity]:
    """Identities by key and its type, or by the whole row where it has no usable key.

    One page shows the list at one moment: a key that it has twice is twice in the list.
    """
    met: Counter[tuple[str, Any]] = Counter()
    found: list[Identity] = []
    for row, key in zip(rows, keys, strict=True):
        usable = isinstance(key, int | str) and not isinstance(key, bool)
        known = (type(key).__name__, key) if usable else ("row", repr(row))
        found.append((*known, met[known]))
        met[known] += 1
    return found


class PageCount:
    """How many pages of one list have come, in whichever thread."""

    def __init__(self) -> None:
        self.pages = 0
        self._lock = threading.Lock()

    def count(self) -> None:
        """One more has come."""
        with self._lock:
            self.pages += 1
