"""One list of the shop beside its tables in the warehouse, part by part.

Each page goes the way of a load as far as the door: what would be loaded or refused now is looked for in the
warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dlt

from ecommerce_pipeline.checks.differences import Differences, Reload
from ecommerce_pipeline.checks.gone import Gone, within
from ecommerce_pipeline.checks.list_sizes import ListSizes
from ecommerce_pipeline.checks.listing import Listing
from ecommerce_pipeline.load.lookup import AT_ONCE, refusals
from ecommerce_pipeline.load.stored import Stored, Version
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.acceptance import Acceptance
from ecommerce_pipeline.source.quarantine import TABLE as QUARANTINE
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.repeats import Repeats, identity


class Comparison:
    """Compares one resource.

    Args:
        reading: a run that loads nothing; its quarantine fills as if it did.
        name: the resource.
        pipeline: knows the warehouse.

    Attributes:
        found: what differs, by table.
        reload: what has to be read again.
        gone: rows that the shop has no more.
        listing: the list in the shop.
        pipeline: knows the warehouse.
    """

    def __init__(self, reading: Reading, name: str, pipeline: dlt.Pipeline) -> None:
        self.found = {name: Differences(name)}
        self.reload = Reload()
        self.gone = Gone()
        self.pipeline = pipeline
        self._reading = reading
        self._name = name
        self._stored = Stored(pipeline, name, reading.profile.id_type)
        self._lists = ListSizes(pipeline, name, self._stored)
        self._refused = refusals(pipeline)
        self.listing = Listing(reading, name)
        self._acceptance = Acceptance(name, reading)
        self._counted: set[str] = set()

    def run(self, window: Window, trailing_since: datetime | None) -> None:
        """Compare the rows of a window of the cursor.

        Args:
            window: its upper end is closed.
            trailing_since: parts that end before it, UTC, are read only where their counts differ; None to read all.
        """
        for part in self.listing.parts(window):
            old = trailing_since is not None and part.until is not None and part.until <= trailing_since
            if not (old and self._counts_agree(part)):
                self.reload.add(self._expected(part, window), self._compare(part, window))
        if self.gone and self.listing.since_is_known and window.until:
            for page in self.listing.changed_since(window.until):
                self.gone.saw(self.listing.standing(page))
        self.found[self._name].extra.extend(self.gone.keys)
        for table, orphans in self._lists.orphans().items():
            if orphans:
                self._of(table).extra.append(f"{orphans} elements of no row")

    @staticmethod
    def _expected(part: Window, window: Window) -> Window:
        """The span whose rows are compared: a shop that cannot filter shows more than was asked."""
        return window if part == Window() else part

    def _counts_agree(self, part: Window) -> bool:
        count = self.listing.endpoint.count(part)
        if count is None or count != self._stored.listed(part):
            return False
        self.found[self._name].compared += count
        return True

    def _compare(self, part: Window, window: Window) -> set[str]:
        """The `identity` of each row of a part that the warehouse has not as it would be loaded now."""
        span = self._expected(part, window)
        live = self._stored.live_keys(span)
        came: set[str] = set()
        differing: set[str] = set()
        waiting: dict[str, dict[str, Any]] = {}
        self._counted.clear()
        for page in self.listing.pages(part):
            standing = self.listing.standing(page)
            came |= standing.keys()
            self.gone.saw(standing)
            accepted = self._acceptance.judge(self.listing.endpoint, page, Repeats({}, limit=0))
            waiting |= {str(identity(row["id"])): row for row in accepted}
            if len(waiting) >= AT_ONCE:
                differing |= self._settle(waiting, span)
                waiting.clear()
        differing |= self._settle(waiting, span)
        self.gone.close(live, came)
        return differing

    def _settle(self, rows: dict[str, dict[str, Any]], span: Window) -> set[str]:
        """Compare some rows, the newest version of each, with what is stored of them."""
        versions = self._stored.versions(row["id"] for row in rows.values())
        self.gone.stored_elsewhere(span, versions)
        expected = {name: row for name, row in rows.items() if within(row["updated_at"], span)}
        differing = self._lost_refusals()
        sound: list[tuple[dict[str, Any], Version]] = []
        for name, row in expected.items():
            kind = _kind(row, versions.get(name, []))
            if kind is None and name not in self._counted:
                sound.append((row, versions[name][0]))
            elif kind and name not in self._counted:
                getattr(self.found[self._name], kind).append(row["id"])
            if kind:
                differing.add(name)
        # Pages overlap, and a row that came twice is one row.
        self.found[self._name].compared += len(expected.keys() - self._counted)
        self._counted.update(expected)
        return differing | self._compare_lists(sound)

    def _lost_refusals(self) -> set[str]:
        """Refused records that the quarantine has not."""
        refused = [row for batch in self._reading.quarantine.drain() for row in batch]
        kept = self._refused([row["rejected_id"] for row in refused])
        lost = {row["rejected_id"]: row["record_key"] for row in refused if row["rejected_id"] not in kept}
        if lost:
            self._of(QUARANTINE).missing.extend(lost.values())
        return {f"refused {name}" for name in lost}

    def _compare_lists(self, rows: list[tuple[dict[str, Any], Version]]) -> set[str]:
        differing: set[str] = set()
        for table, key, expected, there in self._lists.compare(rows):
            self._of(table).compared += expected
            if expected != there:
                (self._of(table).missing if expected > there else self._of(table).extra).append(key)
                differing.add(str(identity(key)))
        return differing

    def _of(self, table: str) -> Differences:
        return self.found.setdefault(table, Differences(table))

    def all_found(self) -> Iterator[Differences]:
        """What was found, table by table."""
        yield from self.found.values()


def _kind(row: dict[str, Any], stored: list[Version]) -> str | None:
    """How a row differs from what is stored of it; None where it does not."""
    if not stored:
        return "missing"
    if len(stored) > 1:
        return "doubled"
    same = stored[0].content_hash == row["_content_hash"]
    return None if same and (stored[0].deleted_at is None) == (row["_deleted_at"] is None) else "stale"
