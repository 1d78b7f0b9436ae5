"""Versions of rows: of one, or of many at once in a few bytes each."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, KeysView, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from ecommerce_pipeline.records.content import DIGEST_BYTES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Known(NamedTuple):
    """A version of a row that has been seen: its cursor value, UTC, and the hash of its content."""

    cursor: datetime
    content_hash: str

    def without_content(self) -> Known:
        """The version of a row that a sweep has marked as deleted: it hides older ones, and never itself."""
        return Known(self.cursor, "")


@dataclass(frozen=True, eq=False)
class Versions:
    """Versions of many rows.

    Attributes:
        names: the `identity` of each row.
        moments: their cursor values, microseconds since 1970.
        digests: of their content, `DIGEST_BYTES` each.
        ending: stands behind each of them in the hash of a version.
    """

    names: list[str]
    moments: array[int]
    digests: bytes
    ending: str

    def of(self, places: Sequence[int]) -> Versions:
        """Some of them, which keep no memory of the others."""
        digests = memoryview(self.digests)
        return Versions(
            [self.names[place] for place in places],
            array("q", [self.moments[place] for place in places]),
            b"".join([digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES] for place in places]),
            self.ending,
        )

    def at(self, place: int) -> Known:
        """One of them."""
        digest = self.digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES]
        return Known(EPOCH + timedelta(microseconds=self.moments[place]), digest.hex() + self.ending)


class Seen:
    """Versions by the name of their row, the latest of each.

    Args:
        limit: how many to remember at least; once an eighth more have come, the oldest beyond it are forgotten.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # Of versions that came together their number, counted from the first one on.
        self._found: dict[str, Known | int] = {}
        self._batches: deque[tuple[int, Versions]] = deque()
        self._numbers = 0

    def names(self) -> KeysView[str]:
        """Of all that are remembered."""
        return self._found.keys()

    def get(self, name: str) -> Known | None:
        """The version of a row, None where none is remembered."""
        entry = self._found.get(name)
        if not isinstance(entry, int):
            return entry
        first, versions = next(batch for batch in reversed(self._batches) if batch[0] <= entry)
        return versions.at(entry - first)

    def add(self, name: str, version: Known) -> None:
        """Remember one."""
        self._found.pop(name, None)
        self._found[name] = version
        self._forget_oldest()

    def add_all(self, versions: Versions, places: dict[str, int]) -> None:
        """Remember some of many.

        Args:
            versions: has them.
            places: their places by their names, ascending; none is remembered yet.
        """
        if not places:
            return
        if len(places) < len(versions.names) // 2:
            versions = versions.of(list(places.values()))
            places = {name: place for place, name in enumerate(versions.names)}
        first = self._numbers
        self._numbers += len(versions.names)
        self._batches.append((first, versions))
        self._found.update(zip(places, [first + place for place in places.values()], strict=True))
        self._forget_oldest()

    def since(self, moment: datetime) -> Iterator[tuple[str, Known]]:
        """Those that were remembered one by one, and of the others those since a moment, UTC."""
        lowest = (moment - EPOCH) // MICROSECOND
        batches = iter(self._batches)
        first, versions, end = 0, None, -1
        for name, entry in self._found.items():
            if isinstance(entry, Known):
                yield name, entry
                continue
            while versions is None or entry >= end:
                first, versions = next(batches)
                end = first + len(versions.names)
            if versions.moments[entry - first] >= lowest:
                yield name, versions.at(entry - first)

    def _forget_oldest(self) -> None:
        # Many at once: to find the first entry, a dict passes over all that were taken out before it.
        if len(self._found) <= self._limit + self._limit // 8:
            return
        forgotten = -1
        for name in list(islice(self._found, len(self._found) - self._limit)):
            entry = self._found.pop(name)
            forgotten = entry if isinstance(entry, int) else forgotten
        while self._batches and _last(*self._batches[0]) <= forgotten:
            self._batches.popleft()


def _last(first: int, versions: Versions) -> int:
    return first + len(versions.names) - 1
