"""Typed pages of one kind with all that is asked of them before they go to the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import chain

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_pipeline.records.content import DIGEST_BYTES, text_digests
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.typed_rows import missing_is_null
from ecommerce_pipeline.source.columnar.arrays import in_hex, integers_of
from ecommerce_pipeline.source.columnar.batch import Batch, Columns, by_page, lines_of
from ecommerce_pipeline.source.columnar.plan import Plan
from ecommerce_pipeline.source.repeats import identities
from ecommerce_pipeline.source.tombstones import STANDING
from ecommerce_pipeline.source.versions import Versions


class Judged:
    """Rows of several pages.

    Args:
        plan: where they land.
        pages: each with its number in the run; their rows are of the plan's kind.
        profile: of the list.
        contract: ends the hash of each version.

    Attributes:
        keys: one for each row.
        right: the places of the rows that are right beyond doubt, ascending.
    """

    def __init__(
        self, plan: Plan, pages: list[tuple[Page, int]], profile: ResourceProfile, contract: str
    ) -> None:
        self.plan = plan
        self._pages = pages
        self._contract = contract
        typed = [page.typed for page, _ in pages if page.typed]
        self._rows = list(chain.from_iterable(found.rows for found in typed))
        self.count = len(self._rows)
        self.keys = list(chain.from_iterable(found.keys for found in typed))
        starts = [0]
        for found in typed:
            starts.append(starts[-1] + len(found.rows))
        self._starts = starts
        unfit = [start + place for start, found in zip(starts, typed, strict=False) for place in found.unfit]
        unfit += self._tombstones(profile.tombstone)
        self.batch = Batch(plan.kind, plan.table, self._rows, unfit)
        every = range(self.count)
        mask = None if self.batch.right is None else self.batch.right.to_pylist()
        self.right = list(every) if mask is None else [place for place in every if mask[place]]

    def _tombstones(self, field: str | None) -> list[int]:
        """The places of rows that the shop may list as deleted."""
        if field is None:
            return []
        try:
            told = missing_is_null(self.plan.kind.column(self._rows, field.split(".")))
        except KeyError:
            return []
        return [place for place, value in enumerate(told) if value not in STANDING]

    @property
    def mixes_versions(self) -> bool:
        """Whether a key has right and doubtful rows: which of them counts is said by their order, and only single
        records keep to it.
        """
        if len(self.right) == self.count:
            return False
        names, right = self.versions.names, set(self.right)
        doubtful = [name for place, name in enumerate(names) if place not in right]
        return not {names[place] for place in right}.isdisjoint(doubtful)

    def has(self, field: str) -> bool:
        """Whether some row has a field, which is called as the shop calls it."""
        kind = self.plan.kind
        return field in kind.attributes and any(
            value is not msgspec.UNSET for value in kind.column(self._rows, (field,))
        )

    def doubtful(self) -> Iterator[tuple[Page, int, list[int]]]:
        """The places of rows, within their pages, that have to be looked at one by one."""
        if len(self.right) == self.count:
            return
        right = set(self.right)
        for (page, read), start in zip(self._pages, self._starts, strict=False):
            places = [place for place in range(len(page.rows)) if start + place not in right]
            if places:
                yield page, read, places

    @cached_property
    def versions(self) -> Versions:
        """The version of each row; of doubtful ones it means nothing."""
        moments = integers_of(pc.fill_null(pc.cast(self.batch.columns["updated_at"], pa.int64()), 0))
        digests = text_digests(lines_of(self._rows))
        return Versions(identities(self.keys), moments, digests, f"-{self._contract}")

    def bookkeeping(self, source: Callable[[Page], str]) -> Columns:
        """What differs from row to row of a row's bookkeeping."""
        rows = [len(page.rows) for page, _ in self._pages]
        reads = by_page([f"+00:00#{read:09d}" for _, read in self._pages], rows)
        local = pc.cast(pc.cast(self.batch.columns["updated_at"], pa.timestamp("us")), pa.string())
        stamped = pc.utf8_replace_slice(local, start=10, stop=11, replacement="T")
        return {
            "_source": by_page([source(page) for page, _ in self._pages], rows),
            "_content_hash": in_hex(self.versions.digests, DIGEST_BYTES, self.versions.ending),
            "_version": pc.binary_join_element_wise(stamped, reads, ""),
        }
