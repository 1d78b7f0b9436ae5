"""Replay: rejected records judged again, or archived pages loaded again, without asking the shop.

The result is what it would be if all had gone well the first time: no newer version is overwritten, what was deleted
since stays deleted, what is right now leaves the quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import dlt

from ecommerce_pipeline.load.destination import file_format, open_destination
from ecommerce_pipeline.load.lookup import refusals
from ecommerce_pipeline.load.opening import OpenWarehouse, begin_without_shop, open_warehouse
from ecommerce_pipeline.load.package import Package
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import Outcome, Watch, alone, outcome_of
from ecommerce_pipeline.load.stored import Stored
from ecommerce_pipeline.load.tables import Tables
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


@dataclass(frozen=True)
class Rejudged:
    """What became of rejected records.

    Attributes:
        outcome: the account of the replay.
        right: how many keep the contract now and have left the quarantine.
        wrong: how many still break it, or were refused in a list whose row is not known.
    """

    outcome: Outcome
    right: int
    wrong: int


def replay_rejected(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Rejudged:
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
    with alone(reading):
        warehouse = _open(reading, request)
        watch(reading.accounts)
        quarantined: list[Quarantined] = []
        for name in reading.listed:
            records = Quarantined(warehouse.pipeline, _with_embedded(reading, name), reading.profile.name)
            quarantined.append(records)
            acceptance = Acceptance(name, reading)
            batches = records.batches(acceptance, reading.accounts[name])
            versions = _versions(reading, name, warehouse.pipeline, load_known=True)
            reading.readers[name] = EarlierReader(reading, name, acceptance, batches, versions)
        packages = _load(reading, warehouse)
        for records in quarantined:
            records.forget_resolved()
        right = sum(len(records.resolved) for records in quarantined)
        wrong = sum(records.still_wrong for records in quarantined)
        return Rejudged(outcome_of(reading, packages), right, wrong)


def replay_archive(
    request: Request,
    settings: Settings,
    clocks: Clocks | None = None,
    watch: Watch = lambda accounts: None,
) -> Outcome:
    """Load the pages that were fetched in a period.

    Args:
        request: which resources, and in which window the runs began that fetched the pages.
        settings: of the shop and its archive.
        clocks: time and chance.
        watch: gets the accounts when reading begins.

    Raises:
        SettingError: a setting is wrong; nothing was written.
        RunFailed: the warehouse does not answer as it should.
    """
    period = request.window or Window()
    reading = begin_without_shop(replace(request, window=Window()), settings, clocks or Clocks())
    with alone(reading):
        warehouse = _open(reading, request)
        if TABLE in reading.existing_tables:
            reading.refusals = refusals(warehouse.pipeline)
        watch(reading.accounts)
        for name in reading.listed:
            endpoint = endpoint_of(reading, name)
            batches = archived_batches(settings.archive_address, name, period, endpoint)
            versions = _versions(reading, name, warehouse.pipeline, load_known=False)
            acceptance = Acceptance(name, reading)
            reading.readers[name] = EarlierReader(reading, name, acceptance, batches, versions)
        return outcome_of(reading, _load(reading, warehouse))


def _open(reading: Reading, request: Request) -> OpenWarehouse:
    warehouse = open_warehouse(reading, request)
    reading.existing_tables = Tables(warehouse.pipeline).kept(())
    return warehouse


def _load(reading: Reading, warehouse: OpenWarehouse) -> list[str]:
    package = Package(warehouse.pipeline, reading, file_format(open_destination()), warehouse.wait)
    return warehouse.packages + package.through()


def _with_embedded(reading: Reading, name: str) -> list[str]:
    """The resource and those that come inside its rows; none where there is no quarantine yet."""
    if TABLE not in reading.existing_tables:
        return []
    declared = reading.profile.resources
    return [name, *(child for child in declared if declared[child].embedded_in == name)]


def _versions(reading: Reading, name: str, pipeline: dlt.Pipeline, load_known: bool) -> EarlierRows:
    there = name in reading.existing_tables
    stored = Stored(pipeline, name, reading.profile.id_type) if there else None
    return EarlierRows(stored, reading.run_id, load_known)
