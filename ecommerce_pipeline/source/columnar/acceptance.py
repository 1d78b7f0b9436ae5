"""Typed pages are judged together: what is right beyond doubt goes as columns, every other row on its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import pyarrow as pa

from ecommerce_pipeline.records.layout import Layout, RowType, Unfit
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.source.acceptance import Acceptance
from ecommerce_pipeline.source.columnar.arrays import INSTANT, TEXT, constant
from ecommerce_pipeline.source.columnar.batch import filtered, row_ids
from ecommerce_pipeline.source.columnar.handover import Handover, opened_handover
from ecommerce_pipeline.source.columnar.inference import infer
from ecommerce_pipeline.source.columnar.judged import Judged
from ecommerce_pipeline.source.columnar.plan import Plan, plan
from ecommerce_pipeline.source.repeats import Repeats

ROWS, BYTES = 10_000, 16 * 1024 * 1024
"""So many rows are judged together, or so many bytes of them: the cost of a column is small then, and memory too."""

EARLY_ROWS = 2_000
"""So many are judged sooner where there is nothing else to do; of fewer the cost of each column would be most of it."""

PLANS = 4
"""For so many types of rows: those of pages that wait, and of the rows that the shop sends now."""

Records = list[dict[str, Any]]


class ColumnAcceptance:
    """Judges the pages of one list, single records and columns.

    Args:
        acceptance: judges single records, and has the accounts.
        endpoint: of the list.
        repeats: what is known already.
        layout: learns what the rows look like.

    Attributes:
        handover: takes the columns in the present step; None where all goes as single records.
    """

    def __init__(self, acceptance: Acceptance, endpoint: Endpoint, repeats: Repeats, layout: Layout) -> None:
        self.handover: Handover | None = None
        self._acceptance = acceptance
        self._endpoint = endpoint
        self._repeats = repeats
        self._layout = layout
        self._waiting: list[tuple[Page, int]] = []
        self._rows = self._bytes = 0
        self._inferred = False
        self._plans: dict[RowType, Plan | None] = {}

    @contextlib.contextmanager
    def handing_over(self, as_columns: bool) -> Iterator[None]:
        """Give columns to the load package that is being extracted while the block runs."""
        self.handover = opened_handover() if as_columns else None
        try:
            yield
        finally:
            handover, self.handover = self.handover, None
            if handover is not None:
                handover.close()

    def take(self, page: Page) -> Iterator[Records]:
        """Judge a page, now or with those that follow; gives new records that go on their own."""
        read = self._acceptance.count_page()
        if page.typed is None or self.handover is None:
            # dlt names columns by what it meets first, so no row may overtake another.
            yield from self.flush()
            yield from self._one_by_one(page, read)
            return
        self._waiting.append((page, read))
        self._rows, self._bytes = self._rows + len(page.rows), self._bytes + page.size
        if self._rows >= ROWS or self._bytes >= BYTES:
            yield from self.flush()

    def flush(self) -> Iterator[Records]:
        """Judge what waits."""
        waiting, self._waiting, self._rows, self._bytes = self._waiting, [], 0, 0
        for kind, pages in groupby(waiting, key=_kind):
            yield from self._together(kind, list(pages))

    def flush_early(self) -> Iterator[Records]:
        """Judge what waits, where it is worth it."""
        if self._rows >= EARLY_ROWS:
            yield from self.flush()

    def _one_by_one(self, page: Page, read: int) -> Iterator[Records]:
        records, raw = self._acceptance.judge_rows(self._endpoint, page, self._repeats, read)
        if not records:
            return
        if self.handover is not None and (self._layout.learn(raw) or not self._inferred):
            infer(self.handover.schema, self._acceptance.name, records, self.handover.capabilities)
            self._inferred = True
        yield records

    def _together(self, kind: RowType, pages: list[tuple[Page, int]]) -> Iterator[Records]:
        found = self._plan(kind)
        judged = Judged(found, pages, self._endpoint.profile, self._acceptance.contract) if found else None
        if judged is None or judged.mixes_versions or self.handover is None:
            for page, read in pages:
                yield from self._one_by_one(replace(page, typed=None), read)
            return
        for page, read, places in judged.doubtful():
            rows = [page.rows[place] for place in places]
            yield from self._one_by_one(replace(page, rows=rows, typed=None), read)
        places = self._acceptance.take_right(self._repeats, judged.versions, judged.right, judged.keys)
        self._acceptance.embedded.note_all(len(judged.right), judged.has)
        for elements in judged.batch.lists:
            if elements.table.resource:
                fetched, new = elements.count(judged.right), elements.count(places)
                self._acceptance.count_lines(elements.table.resource, fetched, new)
        self._hand_over(judged, places)

    def _plan(self, kind: RowType) -> Plan | None:
        """The plan for a type of rows; made again once the schema has changed."""
        known, schema = self._plans.get(kind), self.handover.schema  # type: ignore[union-attr]
        if known is None or known.version != schema.version_hash:
            self._plans[kind] = None
            with contextlib.suppress(Unfit):
                acceptance = self._acceptance
                found = plan(kind, acceptance.validator, schema, acceptance.name, acceptance.embedded_lists)
                found.table.check_keys(self._endpoint.profile.key, self._endpoint.profile.cursor.field)
                self._plans[kind] = found
            while len(self._plans) > PLANS:
                del self._plans[next(iter(self._plans))]
        return self._plans[kind]

    def _hand_over(self, judged: Judged, places: list[int]) -> None:
        handover, count = self.handover, len(places)
        if handover is None or not count:
            return
        chosen = pa.array(places, pa.int64())
        ids = pa.array(row_ids(count), TEXT)
        stamp = {
            "_loaded_at": constant(self._acceptance.loaded_at, INSTANT, count),
            "_run_id": constant(self._acceptance.run_id, TEXT, count),
            "_dlt_load_id": constant(handover.load_id, TEXT, count),
            "_dlt_id": ids,
        }
        own = filtered(
            judged.batch.columns | judged.bookkeeping(self._acceptance.source),
            None if count == judged.count else chosen,
        )
        handover.write(judged.plan.table.name, own | stamp, count)
        for elements in judged.batch.lists:
            for landing in elements.of(chosen, ids, ids):
                handover.write(*landing)


def _kind(item: tuple[Page, int]) -> RowType:
    page, _ = item
    return page.typed.kind  # type: ignore[union-attr]  # only typed pages wait
