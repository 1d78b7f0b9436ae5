"""Verify: the shop compared with the warehouse, and what differs read again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ecommerce_pipeline.checks.comparison import Comparison
from ecommerce_pipeline.checks.differences import Differences
from ecommerce_pipeline.checks.listing import Listing
from ecommerce_pipeline.checks.loaded import require_loaded
from ecommerce_pipeline.load.asking import kept_open
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.load.nested import delete_orphans
from ecommerce_pipeline.load.opening import begin, open_warehouse, position
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import alone, read_and_load
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.account import ResourceAccount
from ecommerce_pipeline.source.reading import Reading

logger = logging.getLogger(__name__)

Watch = Callable[[Mapping[str, ResourceAccount]], None]


@dataclass
class Verdict:
    """What a comparison has found.

    Attributes:
        shop: its name.
        tables: the findings, table by table.
        repaired: whether what differs has been read again.
    """

    shop: str
    tables: list[Differences] = field(default_factory=list)
    repaired: bool = False

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return any(table.any for table in self.tables)


def verify(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Verdict:
    """Compare the shop with what the last run should have left; writes nothing.

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
    with alone(reading):
        watch(reading.accounts)
        return Verdict(reading.profile.name, [t for c in _compared(request, reading) for t in c.all_found()])


def verify_and_repair(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Verdict:
    """The same; what differs is read again, what the shop has no more is marked, nothing else is touched."""
    clocks = clocks or Clocks()
    reading = begin(request, settings, clocks)
    with alone(reading):
        watch(reading.accounts)
        comparisons = list(_compared(request, reading))
        for name, comparison in zip(reading.listed, comparisons, strict=True):
            _repair(name, comparison, settings, clocks)
        return Verdict(reading.profile.name, [t for c in comparisons for t in c.all_found()], repaired=True)


def _compared(request: Request, reading: Reading) -> Iterator[Comparison]:
    pipeline = open_warehouse(reading, request).pipeline
    require_loaded(pipeline, reading)
    for name in reading.listed:
        logger.info("comparing %s", name)
        comparison = Comparison(reading, name, pipeline)
        window = _window(reading, comparison.listing, position(pipeline, name))
        if window.since is None or window.until is None or window.since < window.until:
            with kept_open():
                comparison.run(window, _trailing_since(reading, name))
        yield comparison


def _window(reading: Reading, listing: Listing, cursor: datetime | None) -> Window:
    """What the last run should have loaded, of what was asked for; the cursor's own instant is part of it."""
    asked, endpoint = reading.window or Window(), listing.endpoint
    ends = (asked.until, endpoint.after(cursor) if cursor else None, endpoint.floor(listing.ceiling))
    return replace(asked, until=min(moment for moment in ends if moment))


def _trailing_since(reading: Reading, name: str) -> datetime | None:
    days = reading.profile.resources[name].cursor.trailing_days
    return None if days is None or reading.window else reading.shop_clock - timedelta(days=days)


def _repair(name: str, comparison: Comparison, settings: Settings, clocks: Clocks) -> None:
    for window in comparison.reload.windows:
        request = Request((name,), window, reload=frozenset(comparison.reload.keys))
        read_and_load(request, begin(request, settings, clocks))
    if comparison.gone:
        marks = Marks(comparison.pipeline)
        marks.set(name, dict.fromkeys(comparison.gone.keys, clocks.now()))
    delete_orphans(comparison.pipeline, name)
