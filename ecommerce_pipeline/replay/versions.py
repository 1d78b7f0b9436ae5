"""Which rows of an earlier time are still news to the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ecommerce_pipeline.load.stored import Stored, Version
from ecommerce_pipeline.source.repeats import identity


class EarlierRows:
    """Takes the place of `Repeats` where rows come from an earlier time: no newer version is overwritten.

    Args:
        stored: asks the warehouse for the versions that it has.
        there: whether its table is there by now.
        run_id: of this run; what it has loaded itself is older than what comes later.
        load_known: whether a row is loaded once more though the warehouse has the very same one.

    Attributes:
        fetched_at: when the rows that are judged next were fetched, UTC.
    """

    asks = True

    def __init__(self, stored: Stored, there: Callable[[], bool], run_id: str, load_known: bool) -> None:
        self._stored = stored
        self._there = there
        self._run_id = run_id
        self._load_known = load_known
        self._versions: dict[str, list[Version]] = {}
        self.fetched_at: datetime

    def prepare(self, keys: Iterable[Any]) -> None:
        """Learn what the warehouse has of some keys."""
        asked = {name: key for key in keys if (name := identity(key))}
        self._versions = self._stored.versions(asked.values()) if self._there() else {}

    def known(self, key: str | None, cursor: datetime | None, content_hash: str) -> bool:
        """Whether the warehouse has this row or a newer version of it; the arguments are those of `Repeats.known`."""
        return any(
            self._as_new(version, cursor, content_hash) for version in self._versions.get(str(key), ())
        )

    def _as_new(self, version: Version, cursor: datetime | None, content_hash: str) -> bool:
        if version.deleted_at is not None and self.fetched_at <= version.deleted_at:
            return True
        if _content(version.content_hash) == _content(content_hash):
            return version.content_hash == content_hash and not self._load_known
        if cursor is not None and version.cursor != cursor:
            return version.cursor > cursor
        return version.run_id != self._run_id and version.loaded_at >= self.fetched_at

    def accept(self, key: str | None, cursor: datetime | None, content_hash: str) -> None:
        """The merge keeps the newest of those that come."""

    def refuse(self, cursor: datetime | None, content_hash: str) -> None:
        """The quarantine knows what it has."""


def _content(content_hash: str) -> str:
    """The part that names the content, without the contract under which it was judged."""
    return content_hash.partition("-")[0]
