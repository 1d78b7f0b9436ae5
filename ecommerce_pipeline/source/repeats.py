"""Which rows are known already: by key, version and content, never by a timestamp alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

FLOOR = datetime.min.replace(tzinfo=UTC)


class Known(NamedTuple):
    """The newest version of a row that has been seen: its cursor value and the hash of its content."""

    cursor: datetime
    content_hash: str


Lookup = Callable[[Iterable[Any]], dict[str, Known]]


class Repeats:
    """Remembers versions, in bounded memory.

    Args:
        recent: versions that the last run saw in the part of the window that is read again; key as text.
        lookup: asks the warehouse for the versions of some keys, for re-reads of an older window.
        limit: how many versions of this run to remember. Beyond it a repeated row may be handed to the
            warehouse once more, where the merge takes it as the same row.
    """

    def __init__(self, recent: dict[str, Known], lookup: Lookup | None = None, limit: int = 250_000) -> None:
        self._recent = recent
        self._lookup = lookup
        self._limit = limit
        self._seen: dict[str, Known] = {}
        self._met: set[str] = set()

    def prepare(self, keys: Iterable[Any]) -> None:
        """Learn what the warehouse has of the keys of a page, where it is asked at all."""
        if self._lookup:
            unknown = [key for key in keys if str(key) not in self._seen]
            self._recent = self._lookup(unknown)

    def known(self, key: str, cursor: datetime | None, content_hash: str) -> bool:
        """Whether this version, or a newer one, has been taken; takes it if not."""
        before = self._seen.get(key) or self._recent.get(key)
        moment = cursor or FLOOR
        if before and (
            before.content_hash == content_hash or (cursor is not None and cursor < before.cursor)
        ):
            if before.cursor == FLOOR:
                self._met.add(key)
            return True
        self._seen.pop(key, None)
        self._seen[key] = Known(moment, content_hash)
        if len(self._seen) > self._limit:
            del self._seen[next(iter(self._seen))]
        return False

    def since(self, moment: datetime, limit: int) -> dict[str, Known]:
        """The versions that a next run starting at `moment` may meet again, the newest `limit` of them."""
        # A row whose cursor value is wrong has no place in time: it is kept while it keeps coming.
        recent = {
            key: known for key, known in self._recent.items() if known.cursor != FLOOR or key in self._met
        }
        both = {**recent, **self._seen}
        found = {key: known for key, known in both.items() if known.cursor >= moment or known.cursor == FLOOR}
        newest = sorted(found, key=lambda key: found[key].cursor, reverse=True)[:limit]
        return {key: found[key] for key in newest}
