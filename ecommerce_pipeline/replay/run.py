"""Replay: rejected records judged again, or archived pages loaded again, without asking the shop.

The result is what it would be if all had gone well the first time: no newer version is overwritten, what was deleted
since stays deleted, what is right now leaves the quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import dlt

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.archive_place import archive_place
from ecommerce_pipeline.load.connection import kept_open
from ecommerce_pipeline.load.destination import file_format
from ecommerce_pipeline.load.lookup import refusals
from ecommerce_pipeline.load.opening import (
    OpenWarehouse,
    begin_without_shop,
    open_warehouse,
    require_rows_that_change,
)
from ecommerce_pipeline.load.package import Package
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import Outcome, Watch, outcome_of
from ecommerce_pipeline.load.slots import alone_with_rows
from ecommerce_pipeline.load.stored import Stored
from ecommerce_pipeline.load.tables import Tables
from ecommerce_pipeline.replay.archive_files import archived_files
from ecommerce_pipeline.replay.archived import archived_batches
from ecommerce_pipeline.replay.reader import EarlierReader, endpoint_of
from ecommerce_pipeline.replay.rejected import Quarantined
from ecommerce_pipeline.replay.versions import EarlierRows
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.acceptance import Acceptance
from ecommerce_pipeline.source.quarantine import TABLE
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.tombstones import deleted_at


@dataclass(frozen=True)
class Replayed:
    """What became of rows of an earlier time.

    Attributes:
        outcome: the account of the replay.
        right: how many rejected records keep the contract now and have left the quarantine.
        wrong: how many still break it, or were refused in a list whose row is not known.
        damaged: paths of archived files of which some page cannot be read.
    """

    outcome: Outcome
    right: int = 0
    wrong: int = 0
    damaged: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything was read and accounted for."""
        return self.outcome.complete and not self.damaged


def replay_rejected(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Replayed:
    """Judge again what was rejected; load what is right now.

    Args:
        request: which resources.
        settings: of the shop, whose profile is the contract.
        clocks: time and chance.
        watch: gets the accounts when reading begins.

    Raises:
        SettingError: a setting is wrong; nothing was written.
        RunFailed: the warehouse does not answer as it should.
    """
    reading = begin_without_shop(replace(request, window=Window()), settings, clocks or Clocks())
    require_rows_that_change(reading, "replay")
    with alone_with_rows(reading.started_at):
        warehouse = _open(reading, request)
        watch(reading.accounts)
        quarantined = [_quarantined(reading, name, warehouse.pipeline) for name in reading.listed]
        packages = _load(reading, warehouse)
        for records in quarantined:
            records.forget_resolved()
        right = sum(len(records.resolved) for records in quarantined)
        wrong = sum(records.still_wrong for records in quarantined)
        return Replayed(outcome_of(reading, warehouse.pipeline, packages), right, wrong)


def _quarantined(reading: Reading, name: str, pipeline: dlt.Pipeline) -> Quarantined:
    """The rejected records of a list, from which the run will read."""
    endpoint, acceptance = endpoint_of(reading, name), Acceptance(name, reading)
    records = Quarantined(
        pipeline,
        _with_embedded(reading, name),
        reading.profile.name,
        lambda row: deleted_at(endpoint, row, reading.started_at) is not None,
    )
    batches = records.batches(acceptance, reading.accounts)
    versions = _versions(reading, name, pipeline, load_known=True)
    reading.readers[name] = EarlierReader(reading, name, acceptance, batches, versions)
    return records


def replay_archive(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Replayed:
    """Load the pages that were fetched in a period.

    Args:
        request: which resources, and in which window the runs began that fetched the pages.
        settings: of the shop and its archive.
        clocks: time and chance.
        watch: gets the accounts when reading begins.

    Raises:
        SettingError: a setting is wrong, or there are no pages of that period; nothing was written.
        RunFailed: the warehouse does not answer as it should.
    """
    period = request.window or Window()
    reading = begin_without_shop(replace(request, window=Window()), settings, clocks or Clocks())
    require_rows_that_change(reading, "replay")
    address, _ = archive_place(settings)
    files = {name: list(archived_files(address, name, period)) for name in reading.listed}
    if not any(files.values()):
        raise SettingError(
            f"The archive at {address} has no page of {', '.join(reading.listed)} that was fetched"
            f" between {period.since or 'the beginning'} and {period.until or 'now'}. Correct --since, --until or"
            " `sources.ecommerce.archive_address`."
        )
    damaged: list[str] = []
    with alone_with_rows(reading.started_at):
        warehouse = _open(reading, request)
        watch(reading.accounts)
        for name in reading.listed:
            batches = archived_batches(files[name], endpoint_of(reading, name), damaged)
            versions = _versions(reading, name, warehouse.pipeline, load_known=False)
            acceptance = Acceptance(name, reading)
            reading.readers[name] = EarlierReader(reading, name, acceptance, batches, versions)
        packages = _load(reading, warehouse)
        return Replayed(outcome_of(reading, warehouse.pipeline, packages), damaged=tuple(damaged))


def _open(reading: Reading, request: Request) -> OpenWarehouse:
    warehouse = open_warehouse(reading, request)
    tables = Tables(warehouse.pipeline)
    if tables.missing:
        raise SettingError(
            f"The warehouse has no table {', '.join(sorted(tables.missing))} any more. Run `python pipelines.py` first:"
            " it loads what is missing."
        )
    reading.existing_tables = tables.kept(())
    if TABLE in reading.existing_tables:
        reading.refusals = refusals(warehouse.pipeline)
    reading.one_connection = kept_open
    return warehouse


def _load(reading: Reading, warehouse: OpenWarehouse) -> list[str]:
    pipeline = warehouse.pipeline
    package = Package(pipeline, reading, file_format(pipeline.destination), warehouse.wait)
    return warehouse.packages + package.through()


def _with_embedded(reading: Reading, name: str) -> list[str]:
    """The resource and those that come inside its rows; none where there is no quarantine yet."""
    if TABLE not in reading.existing_tables:
        return []
    declared = reading.profile.resources
    return [name, *(child for child in declared if declared[child].embedded_in == name)]


def _versions(reading: Reading, name: str, pipeline: dlt.Pipeline, load_known: bool) -> EarlierRows:
    stored = Stored(pipeline, name, reading.profile.id_type)
    account = reading.accounts[name]
    # The first load package of this run makes a table that was not there.
    return EarlierRows(
        stored,
        lambda: name in reading.existing_tables or account.committed_loaded > 0,
        reading.run_id,
        load_known,
    )
