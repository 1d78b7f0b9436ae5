"""One list of the shop in one run: its walk goes on from step to step, its cursor follows what is complete."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ecommerce_pipeline.records.layout import Layout
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.typed_pages import TypedPages
from ecommerce_pipeline.shop.walks import walk
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.acceptance import Acceptance
from ecommerce_pipeline.source.account import ResourceAccount
from ecommerce_pipeline.source.columnar.acceptance import ColumnAcceptance
from ecommerce_pipeline.source.cursor import LosslessCursor
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.repeats import FLOOR, Lookup, Repeats
from ecommerce_pipeline.source.versions import Known

logger = logging.getLogger(__name__)

RECENT_LIMIT = 10_000
"""How many versions of a resource's last moments the state keeps, to know them when they come again."""

CUT = "recent_cut"
"""Where a resource's state says that more versions may come again than it keeps."""

LOWEST = datetime.min.replace(tzinfo=UTC)


class ListReader:
    """Reads one list; a step ends between two pages, the next one goes on with the same walk.

    Args:
        reading: the run.
        name: the resource.
        start: where the cursor stands, UTC; None for the whole list.
        state: dlt's state of the resource, in which the last run left the versions it may meet again.
    """

    def __init__(self, reading: Reading, name: str, start: datetime | None, state: dict[str, Any]) -> None:
        settings = reading.settings
        self.finished = False
        self._reading = reading
        self._account = reading.accounts[name]
        self._ceiling = reading.ceiling(name)
        self._repeats = Repeats(
            _recent(state, reading.swept.get(name, frozenset())), _lookup(reading, name, state)
        )
        declared, layout = reading.profile.resources[name], Layout()
        self._endpoint = Endpoint(
            reading.client,
            declared,
            settings.page_size,
            functools.partial(reading.archive.keep, name),
            self._account.retries,
            reading.maskers.get(name),
            settings.list_max_pages,
        )
        self._endpoint.go_on = reading.crew.go_on
        self._window = self._endpoint.unambiguous(reading.window or Window(since=start))
        self._acceptance = Acceptance(name, reading)
        is_right = functools.partial(self._acceptance.accepts, name)
        if settings.columnar:
            self._endpoint.typed = TypedPages(declared, layout, is_right)
        self._columns = ColumnAcceptance(self._acceptance, self._endpoint, self._repeats, layout)
        slice_rows = max(1, settings.checkpoint_rows // SLICES)
        attempts, crew = settings.window_attempts, reading.crew
        pages = walk(self._endpoint, self._window, self._ceiling, attempts, slice_rows, crew)
        self._pages = crew.list_ahead(pages, lambda page: page.size)
        self._settled = self._top = LOWEST
        self._account.cursor_before = self._account.cursor_after = start if reading.window is None else None
        self._account.since, self._account.until = self._window.since, self._window.until
        _log_begin(self._account)

    def step(self) -> Iterator[list[dict[str, Any]] | None]:
        """New rows that go as single records, until the list ends or the step is full; all others go as columns. None
        where another list has a page to take and this one has not.
        """
        with self._columns.handing_over(self._reading.settings.columnar):
            yield from self._timed(self._judged())

    def _judged(self) -> Iterator[list[dict[str, Any]] | None]:
        step, crew, taken = self._reading.step, self._reading.crew, False
        while not (taken and step.full):
            if not step.full and crew.idle(self._pages):
                yield from self._together(self._columns.flush_early())
            # The others of a full step go no further, whatever they have.
            if not step.full and not crew.wait(self._pages):
                yield None
                continue
            page = next(self._pages, None)
            if page is None:
                self.finished = True
                break
            yield from self._together(self._columns.take(page))
            self._note(page)
            taken = True
        yield from self._together(self._columns.flush())
        if self.finished:
            self._finish()

    def _together(self, batches: Iterator[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
        """The batches, made over one connection, which is closed before dlt goes on to other lists."""
        with self._reading.one_connection():
            return list(batches)

    def _timed(self, batches: Iterator[list[dict[str, Any]] | None]) -> Iterator[list[dict[str, Any]] | None]:
        """The batches; what dlt does between two of them is not counted."""
        monotonic = self._reading.client.clocks.monotonic
        ended = False
        while not ended:
            began, batch = monotonic(), None
            try:
                batch = next(batches)
            except StopIteration:
                ended = True
            self._account.extract_seconds += monotonic() - began
            if not ended:
                yield batch

    def _finish(self) -> None:
        self._account.pages = self._endpoint.pages
        self._acceptance.embedded.check_carried(self._window.since)
        _log_end(self._account)
        masker = self._reading.maskers.get(self._account.resource)
        if masker and self._account.fetched and self._window.since is None:
            _warn_of_unmet(self._account, masker.unmet)

    def _note(self, page: Page) -> None:
        self._account.pages = self._endpoint.pages
        self._settled = max(self._settled, page.settled or LOWEST)
        self._top = max(self._top, page.top or LOWEST)
        self._reading.step.count(len(page.rows), page.size)

    def keep_position(self, cursor: LosslessCursor, state: dict[str, Any]) -> None:
        """Move the cursor as far as the list is complete; the state is touched only when something is new."""
        if self._reading.window is not None or not self._account.changed:
            return
        complete = min(self._top if self.finished else self._settled, self._ceiling)
        if complete > LOWEST:
            cursor.move_to(complete)
        self._account.cursor_after = cursor.position
        recent = self._may_come_again(cursor.position)
        state["recent"] = {k: [known.cursor.isoformat(), known.content_hash] for k, known in recent.items()}
        state[CUT] = len(recent) >= RECENT_LIMIT

    def _may_come_again(self, position: datetime | None) -> dict[str, Known]:
        # A lake is not asked which rows it has, so that the state remembers those of a list without a filter as well.
        if self._endpoint.profile.cursor.since_param or self._reading.lake:
            return self._repeats.since(self._endpoint.floor(position) if position else FLOOR, RECENT_LIMIT)
        return self._repeats.refused(RECENT_LIMIT)


SLICES = 10
"""Into how many slices of the cursor a checkpoint's worth of rows is cut where a list is not sorted by it."""


def _lookup(reading: Reading, name: str, state: dict[str, Any]) -> Lookup | None:
    """The warehouse is asked where rows come again that nothing else remembers: all of a window that is read again,
    lists that know no filter and come as a whole in every run, more rows of one instant than the state keeps.
    """
    unfiltered = not reading.profile.resources[name].cursor.since_param
    return reading.lookups.get(name) if reading.window or unfiltered or state.get(CUT) else None


def _recent(state: dict[str, Any], swept: frozenset[str]) -> dict[str, Known]:
    """The versions that the last run left; one whose row was marked as deleted meanwhile is new when it comes."""
    found = {
        key: Known(datetime.fromisoformat(cursor), digest)
        for key, (cursor, digest) in state.get("recent", {}).items()
    }
    return {key: known.without_content() if key in swept else known for key, known in found.items()}


def _log_begin(account: ResourceAccount) -> None:
    logger.info(
        "reading %s since %s until %s",
        account.resource,
        account.since or "the beginning",
        account.until or "now",
    )


def _log_end(account: ResourceAccount) -> None:
    logger.info(
        "read %s: %d pages, %d fetched, %d loaded, %d rejected, %d repeated",
        account.resource,
        account.pages,
        account.fetched,
        account.loaded,
        account.rejected_rows,
        account.repeated,
    )
    if account.rejected_rows and not account.loaded:
        logger.warning(
            "every new row of %s is rejected, the first for %s: does the profile name the right fields?",
            account.resource,
            account.first_reason,
        )


def _warn_of_unmet(account: ResourceAccount, names: set[str]) -> None:
    """A slip of the pen masks nothing."""
    for name in sorted(names):
        logger.warning(
            "no row of %s has the field %s, which is declared personal: is its name right?",
            account.resource,
            name,
        )
