"""Which rows are known already: by key, version and content, never by a timestamp alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from ecommerce_pipeline.source.versions import Known, Seen, Versions

FLOOR = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


class Lookup(Protocol):
    """Asks the warehouse which versions of some keys it has."""

    def __call__(self, keys: Iterable[Any]) -> dict[str, Known]:
        """The newest versions by `identity`, of those keys that it has; keys of any type may be asked for."""


class Memory(Protocol):
    """Knows which rows are no news; see `Repeats`."""

    @property
    def asks(self) -> bool:
        """Whether the quarantine is asked for what it has of each page."""

    def prepare(self, keys: Iterable[Any]) -> None:
        """Learn what is known of some keys."""

    def known(self, key: str | None, cursor: datetime | None, content_hash: str) -> bool:
        """Whether a version is known, or a newer one."""

    def accept(self, key: str | None, cursor: datetime | None, content_hash: str) -> None:
        """Remember a version that goes to the warehouse."""

    def refuse(self, cursor: datetime | None, content_hash: str) -> None:
        """Remember a version that goes to the quarantine."""


def identity(key: Any) -> str | None:
    """The key as JSON, so that 1 and "1" are two keys; None for what is no key (null, true, 1.0, an object)."""
    return json.dumps(key) if isinstance(key, int | str) and not isinstance(key, bool) else None


def identities(keys: Sequence[Any]) -> list[str]:
    """The `identity` of keys that are all integers or all texts; of anything else a text that no key has."""
    kinds = set(map(type, keys))
    return list(map(str, keys)) if kinds <= {int} else [identity(key) or "" for key in keys]


class Repeats:
    """Remembers versions, in bounded memory.

    An accepted version is remembered by its key and hides older ones; a refused one hides only its own
    content, for an older row of the same key may be right.

    Args:
        recent: what `since` gave in the last run.
        lookup: asks the warehouse, for lists and windows that are read again as a whole.
        limit: how many versions of this run to remember. Beyond it a repeated row may be handed to the
            warehouse once more, where the merge takes it as the same row.
    """

    def __init__(self, recent: dict[str, Known], lookup: Lookup | None = None, limit: int = 50_000) -> None:
        self._recent = recent
        self._lookup = lookup
        self._stored: dict[str, Known] = {}
        self._seen = Seen(limit)
        self._met: set[str] = set()

    @property
    def asks(self) -> bool:
        """Whether the warehouse is asked for what it has of each page."""
        return self._lookup is not None

    def prepare(self, keys: Iterable[Any]) -> None:
        """Learn what the warehouse has of the keys of a page, where it is asked at all."""
        if self._lookup:
            asked = {name: key for key in keys if (name := identity(key)) and name not in self._seen.names()}
            self._stored = self._lookup(asked.values())

    def known(self, key: str | None, cursor: datetime | None, content_hash: str) -> bool:
        """Whether this version was accepted or refused before, or a newer one was accepted.

        Args:
            key: the row's `identity`.
            cursor: its cursor value, UTC; None where it is missing or wrong.
            content_hash: the hash of its content.
        """
        for name in (_refused(content_hash), key or content_hash):
            before = self._seen.get(name) or self._recent.get(name) or self._stored.get(name)
            if before and (
                before.content_hash == content_hash or (cursor is not None and cursor < before.cursor)
            ):
                if name in self._recent:
                    self._met.add(name)
                return True
        return False

    def accept(self, key: str | None, cursor: datetime | None, content_hash: str) -> None:
        """Remember a version that goes to the warehouse."""
        self._seen.add(key or content_hash, Known(cursor or FLOOR, content_hash))

    def refuse(self, cursor: datetime | None, content_hash: str) -> None:
        """Remember a version that goes to the quarantine."""
        self._seen.add(_refused(content_hash), Known(cursor or FLOOR, content_hash))

    def accept_new(self, versions: Versions, places: Sequence[int]) -> list[int]:
        """Remember those of some versions that are news; returns their places, ascending.

        Args:
            versions: accepted ones.
            places: which of them, ascending.
        """
        every = len(places) == len(versions.names)
        names = versions.names if every else [versions.names[place] for place in places]
        met = self._met_before(names)
        known: set[int] = set()
        # Few rows come again; those that do are looked at in their order, before all others are remembered.
        for name, place in zip(names, places, strict=True) if met else ():
            if name in met:
                cursor, digest = versions.at(place)
                if self.known(name, cursor, digest):
                    known.add(place)
                else:
                    self.accept(name, cursor, digest)
        once = dict(zip(names, places, strict=True))
        for name in met:
            del once[name]
        self._seen.add_all(versions, once)
        return [place for place in places if place not in known] if known else list(places)

    def _met_before(self, names: Sequence[str]) -> set[str]:
        """Those that came twice, in this run or an earlier one."""
        different = set(names)
        known = (self._seen.names(), self._recent.keys(), self._stored.keys())
        met = set().union(*(different & others for others in known))
        if len(different) < len(names):
            met |= {name for name, times in Counter(names).items() if times > 1}
        return met

    def since(self, moment: datetime, limit: int) -> dict[str, Known]:
        """The versions that a next run starting at `moment` may meet again, the newest `limit` of them.

        A row whose cursor value is wrong has no place in time: it is kept while it keeps coming.
        """
        came = self._came(moment)
        past = {name: known for name, known in self._recent.items() if known.cursor != FLOOR}
        found = {
            name: known
            for name, known in {**past, **came}.items()
            if known.cursor >= moment or known.cursor == FLOOR
        }
        return _newest(found, limit)

    def refused(self, limit: int) -> dict[str, Known]:
        """The refused versions that came in this run, the newest `limit` of them, for a list that comes
        as a whole each time; of accepted versions the warehouse knows.
        """
        return _newest({name: known for name, known in self._came(LAST).items() if _is_refused(name)}, limit)

    def _came(self, moment: datetime) -> dict[str, Known]:
        """What came in this run; of many versions that were remembered together those since a moment, UTC."""
        return {name: self._recent[name] for name in self._met} | dict(self._seen.since(moment))


def _newest(versions: dict[str, Known], limit: int) -> dict[str, Known]:
    newest = sorted(versions, key=lambda name: versions[name].cursor, reverse=True)[:limit]
    return {name: versions[name] for name in newest}


def _refused(content_hash: str) -> str:
    return f"#{content_hash}"


def _is_refused(name: str) -> bool:
    return name.startswith("#")
