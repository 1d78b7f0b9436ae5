"""One run: read the shop, load what is new, account for every row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import dlt

from ecommerce_pipeline.load.archive_place import archive_place
from ecommerce_pipeline.load.connection import file_kept_open, kept_open
from ecommerce_pipeline.load.destination import file_format
from ecommerce_pipeline.load.lookup import lookups, refusals
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.load.opening import begin, begin_without_shop, open_warehouse, position
from ecommerce_pipeline.load.package import Package
from ecommerce_pipeline.load.refresh import forget
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.slots import alone_with_rows
from ecommerce_pipeline.load.tables import Tables
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.source.account import ResourceAccount
from ecommerce_pipeline.source.archive import Archive, Keeper, NoArchive
from ecommerce_pipeline.source.quarantine import TABLE as QUARANTINE
from ecommerce_pipeline.source.reading import Reading

logger = logging.getLogger(__name__)


Watch = Callable[[Mapping[str, ResourceAccount]], None]


@dataclass(frozen=True)
class Outcome:
    """What a run did."""

    run_id: str
    shop: str
    destination: str
    started_at: datetime
    finished_at: datetime
    accounts: list[ResourceAccount]
    packages: list[str]

    @property
    def complete(self) -> bool:
        """Whether every fetched record is accounted for."""
        return all(account.balanced for account in self.accounts)


def run(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Outcome:
    """Read, load, account.

    Args:
        request: what to read.
        settings: how.
        clocks: time and chance.
        watch: gets the accounts when reading begins; they fill while it goes on.

    Raises:
        SettingError: a setting is wrong; nothing was written.
        RunFailed: the run stopped; what is committed stays, the cursor has not moved past it.
    """
    reading = begin(request, settings, clocks or Clocks())
    with alone_with_rows(reading.started_at):
        return read_and_load(request, reading, watch)


def read_and_load(request: Request, reading: Reading, watch: Watch = lambda accounts: None) -> Outcome:
    """The same as `run` where the shop has been asked and the working folder is held already."""
    logger.info("run %s of shop %s starts", reading.run_id, reading.profile.name)
    reading.archive = _archive(reading)
    outcome = _load(request, reading, watch)
    logger.info(
        "run %s ends: %s", outcome.run_id, "complete" if outcome.complete else "rows not accounted for"
    )
    return outcome


def outcome_of(reading: Reading, pipeline: dlt.Pipeline, packages: list[str]) -> Outcome:
    """What a reading did that is loaded.

    Args:
        reading: its accounts are complete.
        pipeline: has loaded it.
        packages: ids of the load packages.
    """
    name = str(pipeline.destination.destination_name)
    finished_at = reading.client.clocks.now()
    accounts = list(reading.accounts.values())
    return Outcome(
        reading.run_id, reading.profile.name, name, reading.started_at, finished_at, accounts, packages
    )


def _load(request: Request, reading: Reading, watch: Watch) -> Outcome:
    """Everything that writes."""
    pipeline, wait, packages = open_warehouse(reading, request)
    _tidy(reading)
    with file_kept_open(pipeline):
        _learn_committed(request, reading, pipeline)
    reading.one_connection = kept_open
    watch(reading.accounts)
    packages += Package(pipeline, reading, file_format(pipeline.destination), wait).through()
    return outcome_of(reading, pipeline, packages)


def _learn_committed(request: Request, reading: Reading, pipeline: dlt.Pipeline) -> None:
    """What the warehouse has, as far as a reading has to know it."""
    tables = Tables(pipeline)
    anew = tables.to_read_anew(reading.resources)
    if request.full_refresh:
        anew = tuple(dict.fromkeys((*reading.resources, *anew)))
    forget(pipeline, anew, tables_stay=reading.lake is not None)
    reading.existing_tables = tables.kept(anew)
    if reading.lake:
        return
    reading.lookups = lookups(pipeline, reading, request.reload)
    if QUARANTINE in reading.existing_tables:
        reading.refusals = refusals(pipeline)
    listed = [name for name in reading.listed if name in reading.existing_tables]
    reading.swept = Marks(pipeline).swept({name: position(pipeline, name) for name in listed})


def check(request: Request, settings: Settings) -> None:
    """Refuse wrong settings before a demo shop is opened or anything is written.

    Raises:
        SettingError: see `run`.
    """
    begin_without_shop(request, settings, Clocks())


def _archive(reading: Reading) -> Keeper:
    settings = reading.settings
    if not settings.archive:
        return NoArchive()
    address, place = archive_place(settings)
    return Archive(address, reading.run_id, reading.started_at, place)


def _tidy(reading: Reading) -> None:
    """Delete from the archive what nobody needs; runs of past days may write beside each other."""
    archive, days = reading.archive, reading.settings.archive_retention_days
    if reading.window is not None or not isinstance(archive, Archive):
        return
    for path in archive.discard_unfinished():
        logger.info("deleted from the archive, half written: %s", path)
    for path in archive.expire(reading.started_at.date(), days):
        logger.info("deleted from the archive, older than %d days: %s", days, path)
