"""Verify: the shop compared with the warehouse, and what differs read again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import dlt

from ecommerce_pipeline.checks.comparison import Comparison, Expected
from ecommerce_pipeline.checks.differences import Differences
from ecommerce_pipeline.checks.listing import Listing
from ecommerce_pipeline.checks.preconditions import Missing, refuse_too_many, require_loaded
from ecommerce_pipeline.load.alone import alone
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.load.nested import delete_orphans
from ecommerce_pipeline.load.opening import (
    begin,
    begin_again,
    open_warehouse,
    position,
    recent,
    require_rows_that_change,
)
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import Outcome, Watch, read_and_load
from ecommerce_pipeline.load.slots import alone_with_rows
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.reading import Reading

logger = logging.getLogger(__name__)


@dataclass
class Verdict:
    """What a comparison has found.

    Attributes:
        shop: its name.
        tables: the findings, table by table.
        repairs: what was read again; None where nothing was to be repaired.
        unmarked: how many rows the shop may have no more, and only a sweep can tell.
    """

    shop: str
    tables: list[Differences] = field(default_factory=list)
    repairs: list[Outcome] | None = None
    unmarked: int = 0

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return any(table.any for table in self.tables)

    @property
    def mended(self) -> bool:
        """Whether all that differed was read again, or marked, and every row of that is accounted for."""
        return self.repairs is not None and not self.unmarked and all(run.complete for run in self.repairs)


def verify(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Verdict:
    """Compare the shop with what the last run should have left; changes nothing but what an earlier run left to do.

    What changed in the shop since the last run is not expected yet.

    Args:
        request: which resources and which window of the cursor.
        settings: how to read.
        clocks: time and chance.
        watch: gets the accounts when reading begins; they fill while it goes on.

    Raises:
        SettingError: a setting is wrong, or nothing is loaded yet.
        RunFailed: the shop or the warehouse does not answer as it should.
    """
    reading = begin(request, settings, clocks or Clocks())
    require_rows_that_change(reading, "verify")
    with alone(reading.started_at):
        pipeline = open_warehouse(reading, request).pipeline
        watch(reading.accounts)
        return _verdict(reading, list(_compared(reading, pipeline)))


def verify_and_repair(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Verdict:
    """The same; what differs is read again, what the shop has no more is marked, nothing else is touched.

    Raises:
        TooManyGone: more rows would be marked than the settings allow; nothing was changed.
    """
    reading = begin(request, settings, clocks or Clocks())
    require_rows_that_change(reading, "verify")
    with alone_with_rows(reading.started_at):
        pipeline = open_warehouse(reading, request).pipeline
        watch(reading.accounts)
        comparisons = list(_compared(reading, pipeline))
        bounded = reading.window is not None and reading.window.since is not None
        if not bounded:
            refuse_too_many(map(_missing, comparisons), settings)
        verdict = _verdict(reading, comparisons)
        verdict.repairs = [run for item in comparisons for run in _read_again(item, reading, watch)]
        marks, now = Marks(pipeline), reading.client.clocks.now()
        for item in comparisons:
            if bounded:
                # A row that the shop has set back in time stands before the window.
                verdict.unmarked += len(item.unseen.keys)
            else:
                marks.set(item.name, dict.fromkeys(item.unseen.keys, now))
            delete_orphans(pipeline, item.name)
        return verdict


def _verdict(reading: Reading, comparisons: list[Comparison]) -> Verdict:
    tables = [table for comparison in comparisons for table in comparison.found.values()]
    return Verdict(reading.profile.name, tables)


def _compared(reading: Reading, pipeline: dlt.Pipeline) -> Iterator[Comparison]:
    require_loaded(pipeline, reading)
    for name in reading.listed:
        logger.info("comparing %s", name)
        comparison = Comparison(reading, name, pipeline)
        expected = _expected(reading, comparison, pipeline)
        if expected and not expected.window.is_empty:
            comparison.run(expected, _trailing_since(reading, name))
        yield comparison


def _expected(reading: Reading, comparison: Comparison, pipeline: dlt.Pipeline) -> Expected | None:
    """What the last run should have loaded, of what was asked for; None where that is nothing."""
    listing, asked = comparison.listing, reading.window or Window()
    cursor = position(pipeline, comparison.name)
    if cursor is None:
        # Loaded by windows alone; or empty so far, and whatever comes is new.
        if not comparison.stored.live():
            return None
        return Expected(_askable(replace(asked, until=asked.until or listing.ceiling), listing))
    ahead = {name: moment for name, moment in recent(pipeline, comparison.name).items() if moment > cursor}
    reached = listing.endpoint.after(max([cursor, *ahead.values()]))
    until = min(reached, asked.until) if asked.until else reached
    return Expected(_askable(replace(asked, until=until), listing), cursor, frozenset(ahead))


def _askable(window: Window, listing: Listing) -> Window:
    """A window that the shop's parameters can say: never less than was asked, and nothing past the ceiling."""
    endpoint = listing.endpoint
    until = window.until
    if until and endpoint.floor(until) != until:
        until = endpoint.after(until)
    until = min(until, endpoint.floor(listing.ceiling)) if until else None
    return endpoint.unambiguous(replace(window, until=until))


def _trailing_since(reading: Reading, name: str) -> datetime | None:
    days = reading.profile.resources[name].cursor.trailing_days
    return None if days is None or reading.window else reading.shop_clock - timedelta(days=days)


def _missing(comparison: Comparison) -> Missing:
    found = comparison.found[comparison.name]
    in_shop = found.compared + found.counted
    return Missing(comparison.name, len(comparison.unseen.keys), comparison.stored.live(), in_shop)


def _read_again(comparison: Comparison, reading: Reading, watch: Watch) -> Iterator[Outcome]:
    for window in comparison.reload.windows:
        request = Request((comparison.name,), window, reload=frozenset(comparison.reload.keys))
        yield read_and_load(request, begin_again(reading, request), watch)
