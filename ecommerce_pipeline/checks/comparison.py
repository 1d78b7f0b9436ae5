"""One list of the shop beside its tables in the warehouse, part by part.

Each page goes the way of a load as far as the door: what would be loaded or refused now is looked for in the
warehouse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import dlt

from ecommerce_pipeline.checks.deletions import Unseen
from ecommerce_pipeline.checks.differences import Differences, Kind, Reload
from ecommerce_pipeline.checks.list_sizes import ListSize, ListSizes
from ecommerce_pipeline.checks.listing import Listing
from ecommerce_pipeline.load.connection import kept_open
from ecommerce_pipeline.load.keys import AT_ONCE
from ecommerce_pipeline.load.lookup import refusals
from ecommerce_pipeline.load.stored import Stored, Version
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.acceptance import Acceptance
from ecommerce_pipeline.source.quarantine import TABLE as QUARANTINE
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.repeats import Repeats, identity

Row = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """What the last run should have left of one resource.

    Attributes:
        window: of the cursor; its upper end is closed.
        cursor: up to and with this value, UTC, every row was loaded; None where the window says it all.
        ahead: the `identity` of rows past the cursor that were loaded too.
    """

    window: Window
    cursor: datetime | None = None
    ahead: frozenset[str] = frozenset()

    def has(self, key: Any, moment: datetime | None, span: Window) -> bool:
        """Whether a row of the shop should stand in the warehouse; one without a time may always.

        Args:
            key: of the row.
            moment: when it changed, UTC.
            span: what is compared at present.
        """
        if moment is None:
            return True
        return span.has(moment) and (
            self.cursor is None or moment <= self.cursor or identity(key) in self.ahead
        )


class Finding(NamedTuple):
    """What was found of the newest version of one row."""

    version: str
    key: Any
    kind: Kind | None
    lists: tuple[ListSize, ...]


class Comparison:
    """Compares one resource.

    Args:
        reading: a run that loads nothing; its quarantine fills as if it did.
        name: the resource.
        pipeline: knows the warehouse.

    Attributes:
        name: the resource.
        found: what differs, by table.
        reload: what has to be read again.
        unseen: rows that the shop has not shown.
        listing: the list in the shop.
        stored: the rows in the warehouse.
    """

    def __init__(self, reading: Reading, name: str, pipeline: dlt.Pipeline) -> None:
        self.name = name
        self.found = {name: Differences(name)}
        self.reload = Reload()
        self.unseen = Unseen()
        self.listing = Listing(reading, name)
        self.stored = Stored(pipeline, name, reading.profile.id_type)
        self._quarantine = reading.quarantine
        self._lists = ListSizes(pipeline, name, self.stored)
        self._refused = refusals(pipeline)
        self._acceptance = Acceptance(name, reading)
        self._part: dict[str, Finding] = {}

    def run(self, expected: Expected, trailing_since: datetime | None) -> None:
        """Compare what is expected.

        Args:
            expected: what the last run should have left.
            trailing_since: parts that end before it, UTC, are read only where their counts differ; None to read all.
        """
        window = expected.window
        for part in self.listing.parts(window):
            old = trailing_since is not None and part.until is not None and part.until <= trailing_since
            if not (old and self._counts_agree(part)):
                # A shop that cannot filter shows more than was asked.
                span = window if part == Window() else part
                self.reload.add(span, self._compare(part, span, expected))
        if self.unseen and self.listing.since_is_known and window.until:
            for page in self.listing.changed_since(window.until):
                self.unseen.saw(self.listing.keys(page))
        self.found[self.name].extra.extend(self.unseen.keys)
        for table, orphans in self._lists.orphans().items():
            if orphans:
                self._of(table).extra.append(f"{orphans} elements of no row")

    def _counts_agree(self, part: Window) -> bool:
        count = self.listing.endpoint.count(part)
        if count is None or count != self.stored.listed(part):
            return False
        self.found[self.name].counted += count
        return True

    def _compare(self, part: Window, span: Window, expected: Expected) -> set[str]:
        """The `identity` of each row of a part that the warehouse has not as it would be loaded now."""
        self._part.clear()
        with kept_open():
            live, doubled = self.stored.live_keys(span), self.stored.doubled(span)
        came: set[str] = set()
        lost: set[str] = set()
        waiting: dict[str, Row] = {}
        for page in self.listing.pages(part):
            standing = self.listing.standing(page)
            came |= standing.keys()
            self.unseen.saw(standing)
            for row in self._acceptance.judge(
                self.listing.endpoint, self._of_span(page, span, expected), Repeats({}, limit=0)
            ):
                _keep_newest(waiting, row)
            if len(waiting) >= AT_ONCE:
                lost |= self._settle(waiting, span)
        lost |= self._settle(waiting, span)
        self.unseen.close(live, came)
        return lost | self._note(doubled)

    def _of_span(self, page: Page, span: Window, expected: Expected) -> Page:
        endpoint = self.listing.endpoint
        rows = [row for row in page.rows if expected.has(endpoint.key(row), endpoint.cursor(row), span)]
        return replace(page, rows=rows)

    def _settle(self, rows: dict[str, Row], span: Window) -> set[str]:
        """Compare some rows with what is stored of them; returns refused records that the quarantine has not."""
        with kept_open():
            versions = self.stored.versions(row["id"] for row in rows.values())
            self.unseen.stored_elsewhere(span, versions)
            kinds = {name: _kind(row, versions.get(name, [])) for name, row in rows.items()}
            sound = [(row, versions[name][0]) for name, row in rows.items() if kinds[name] is None]
            lists = self._lists.compare(sound)
            lost = self._lost_refusals()
        for name, row in rows.items():
            before = self._part.get(name)
            if before is None or before.version < row["_version"]:
                self._part[name] = Finding(row["_version"], row["id"], kinds[name], lists.get(name, ()))
        rows.clear()
        return lost

    def _note(self, doubled: Iterable[str]) -> set[str]:
        """Put what was found of a part into the findings; returns the rows that differ."""
        differing = set(doubled)
        self.found[self.name].compared += len(self._part)
        for name, finding in self._part.items():
            kind: Kind | None = "doubled" if name in differing else finding.kind
            if kind:
                self.found[self.name].add(kind, finding.key)
                differing.add(name)
            for size in finding.lists:
                self._of(size.table).compared += size.expected
                if size.expected != size.stored:
                    self._of(size.table).add(
                        "missing" if size.expected > size.stored else "extra", finding.key
                    )
                    differing.add(name)
        for name in set(doubled) - self._part.keys():
            self.found[self.name].add("doubled", name)
        return differing

    def _lost_refusals(self) -> set[str]:
        refused = [row for batch in self._quarantine.drain() for row in batch]
        kept = self._refused([row["rejected_id"] for row in refused])
        lost = {row["rejected_id"]: row["record_key"] for row in refused if row["rejected_id"] not in kept}
        if lost:
            self._of(QUARANTINE).missing.extend(lost.values())
        return set(lost)

    def _of(self, table: str) -> Differences:
        return self.found.setdefault(table, Differences(table))


def _keep_newest(rows: dict[str, Row], row: Row) -> None:
    """A shop may have a key twice, or show a row in two versions while it is edited: as in a load the newest counts."""
    name = str(identity(row["id"]))
    if name not in rows or rows[name]["_version"] < row["_version"]:
        rows[name] = row


def _kind(row: Row, stored: list[Version]) -> Kind | None:
    """How a row differs from what is stored of it; None where it does not."""
    if not stored:
        return "missing"
    if len(stored) > 1:
        return "doubled"
    same = stored[0].content_hash == row["_content_hash"]
    return None if same and (stored[0].deleted_at is None) == (row["_deleted_at"] is None) else "stale"
