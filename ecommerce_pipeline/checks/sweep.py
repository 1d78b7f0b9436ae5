"""Sweep: the shop's keys compared with the warehouse's, and rows that the shop has no more marked as deleted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import dlt

from ecommerce_pipeline.checks.deletions import Unseen
from ecommerce_pipeline.checks.listing import Listing
from ecommerce_pipeline.checks.preconditions import Missing, refuse_too_many, require_loaded
from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.load.journal import Journal
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.load.opening import begin, open_warehouse, require_rows_that_change
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import Watch
from ecommerce_pipeline.load.slots import alone_with_rows
from ecommerce_pipeline.load.stored import Stored
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.account import ResourceAccount
from ecommerce_pipeline.source.reading import Reading

logger = logging.getLogger(__name__)


@dataclass
class Swept:
    """What a sweep has found of one resource.

    Attributes:
        resource: its name.
        live: rows of the warehouse that were not marked before.
        in_shop: rows that the shop has.
        gone: keys of rows that the shop has no more.
        back: keys of rows that an earlier sweep has marked and that the shop has again.
    """

    resource: str
    live: int
    in_shop: int = 0
    gone: list[Any] = field(default_factory=list)
    back: list[Any] = field(default_factory=list)


def sweep(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> list[Swept]:
    """Read the keys of every list; mark what is gone, unmark what is back.

    Args:
        request: which resources.
        settings: how to read, and which share of a table may be marked.
        clocks: time and chance.
        watch: gets the accounts when reading begins; they fill while it goes on.

    Raises:
        SettingError: a setting is wrong, or nothing is loaded yet.
        TooManyGone: more rows would be marked than the settings allow; nothing was marked.
        RunFailed: the shop or the warehouse does not answer as it should; nothing was marked.
    """
    reading = begin(request, settings, clocks or Clocks())
    require_rows_that_change(reading, "sweep")
    with alone_with_rows(reading.started_at):
        pipeline = open_warehouse(reading, request).pipeline
        require_loaded(pipeline, reading)
        watch(reading.accounts)
        found = [_compare(reading, name, pipeline) for name in reading.listed]
        refuse_too_many((Missing(i.resource, len(i.gone), i.live, i.in_shop) for i in found), settings)
        _mark(reading, pipeline, found)
        return found


def _compare(reading: Reading, name: str, pipeline: dlt.Pipeline) -> Swept:
    logger.info("reading the keys of %s", name)
    stored = Stored(pipeline, name, reading.profile.id_type)
    listing = Listing(reading, name, reading.profile.resources[name].sweep_params)
    found, unseen = Swept(name, stored.live()), Unseen()
    doubled = stored.doubled(Window())
    for part in _parts(listing):
        live = stored.live_keys(part)
        came: dict[str, Any] = {}
        for page in listing.pages(part):
            _require_keys(listing, page)
            came |= listing.standing(page)
            _count(reading.accounts[name], listing, page)
        # What stands live in this part needs no second look, unless it may stand elsewhere too.
        asked = [key for name, key in came.items() if name not in live or name in doubled]
        versions = stored.versions(asked)
        unseen.stored_elsewhere(part, versions)
        found.back += [came[key] for key, rows in versions.items() if any(row.swept for row in rows)]
        unseen.saw(came)
        unseen.close(live, set(came))
        found.in_shop += len(came)
    if unseen and listing.since_is_known:
        for page in listing.changed_since(listing.ceiling):
            unseen.saw(listing.keys(page))
    found.gone = unseen.keys
    return found


def _parts(listing: Listing) -> Iterator[Window]:
    """The whole list: what is closed in parts, then what changed lately."""
    for part in listing.parts(Window(until=listing.ceiling)):
        # A list that cannot be closed comes as one part and whole.
        yield part if listing.profile.cursor.until_param else replace(part, until=None)
    if listing.since_is_known and listing.profile.cursor.until_param:
        yield Window(since=listing.ceiling)


def _count(account: ResourceAccount, listing: Listing, page: Page) -> None:
    account.pages = listing.endpoint.pages
    account.fetched += len(page.rows)
    account.repeated += len(page.rows)


def _require_keys(listing: Listing, page: Page) -> None:
    """Without keys every row would be gone, and without its cursor the list could not be walked to its end."""
    cursor = listing.profile.cursor
    for name, found in (
        (listing.profile.key, map(listing.endpoint.key, page.rows)),
        (cursor.field, page.cursors),
    ):
        if page.rows and all(value is None for value in found):
            raise ContractBroken(
                f"GET {page.address}: no row has the field `{name}`. `sweep_params` in the profile must leave the key,"
                " the cursor and the tombstone in each row. Nothing was marked."
            )


def _mark(reading: Reading, pipeline: dlt.Pipeline, found: list[Swept]) -> None:
    marks, now = Marks(pipeline), reading.client.clocks.now()
    for item in found:
        marks.set(item.resource, dict.fromkeys(item.gone, now))
        marks.take_back(item.resource, item.back)
        account = reading.accounts[item.resource]
        account.deleted, account.state = len(item.gone), "swept"
    shop, accounts = reading.profile.name, [reading.accounts[name] for name in reading.listed]
    Journal(pipeline).add([item.row(reading.run_id, shop, reading.started_at, now) for item in accounts])
