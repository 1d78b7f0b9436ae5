"""One run: read the shop, load what is new, account for every row."""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
from dlt.common.pipeline import get_dlt_pipelines_dir

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.committed import start_from_committed
from ecommerce_pipeline.load.destination import (
    PIPELINE,
    file_format,
    open_destination,
    open_pipeline,
)
from ecommerce_pipeline.load.failures import FailuresNamed
from ecommerce_pipeline.load.lock import only_run
from ecommerce_pipeline.load.lookup import lookups, refusals
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.load.package import Package, prepare_or_forget, send
from ecommerce_pipeline.load.patience import wait_until_free
from ecommerce_pipeline.load.refresh import forget
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.tables import Tables, restore_own_tables
from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks, ShopClient
from ecommerce_pipeline.shop.probe import first_contact
from ecommerce_pipeline.shop.profile import ShopProfile
from ecommerce_pipeline.shop.profile_file import load_profile
from ecommerce_pipeline.source import UNFINISHED
from ecommerce_pipeline.source.account import ResourceAccount
from ecommerce_pipeline.source.archive import Archive, Keeper, NoArchive
from ecommerce_pipeline.source.persons import maskers
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
    clocks = clocks or Clocks()
    profile = load_profile(settings.shop)
    resources = _chosen(request.resources, profile)
    masks = maskers(settings, profile)
    client = ShopClient(profile, settings, clocks)
    destination = open_destination()
    started_at = clocks.now()
    run_id = f"{started_at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    shop_clock = _first_contact(client, profile, resources)
    logger.info("run %s of shop %s starts", run_id, profile.name)
    reading = Reading(profile, settings, client, run_id, started_at, shop_clock, resources, request.window)
    reading.maskers = masks
    with only_run(Path(get_dlt_pipelines_dir()), PIPELINE, started_at), FailuresNamed():
        reading.archive = _archive(settings, run_id, started_at)
        packages = _load(request, reading, destination, watch)
    accounts = list(reading.accounts.values())
    outcome = Outcome(
        run_id, profile.name, destination.destination_name, started_at, clocks.now(), accounts, packages
    )
    logger.info("run %s ends: %s", run_id, "complete" if outcome.complete else "rows not accounted for")
    return outcome


def _load(request: Request, reading: Reading, destination: Any, watch: Watch) -> list[str]:
    """Everything that writes; returns the ids of loaded packages."""
    pipeline = open_pipeline()
    wait = functools.partial(
        wait_until_free, pipeline, reading.settings.destination_wait_seconds, reading.client.clocks.sleep
    )
    wait()
    if request.full_refresh and pipeline.has_pending_data:
        pipeline.drop()
    restore_own_tables(pipeline)
    start_from_committed(pipeline)
    _check_same_shop(pipeline, request, reading)
    packages = _finish_pending(pipeline)
    _name_unfinished(pipeline)
    pipeline.sync_destination()
    _check_same_shop(pipeline, request, reading)
    tables = Tables(pipeline)
    anew = tables.to_read_anew(reading.resources)
    if request.full_refresh:
        anew = tuple(dict.fromkeys((*reading.resources, *anew)))
    forget(pipeline, anew)
    reading.existing_tables = tables.kept(anew)
    reading.lookups = lookups(pipeline, reading)
    if QUARANTINE in reading.existing_tables:
        reading.refusals = refusals(pipeline)
    reading.swept = Marks(pipeline).swept
    watch(reading.accounts)
    return packages + Package(pipeline, reading, file_format(destination), wait).through()


def _name_unfinished(pipeline: dlt.Pipeline) -> None:
    stopped = pipeline.state.get("sources", {}).get("ecommerce", {}).get(UNFINISHED)
    if stopped:
        logger.warning("run %s was stopped after a checkpoint; this run goes on from there", stopped)


def _check_same_shop(pipeline: dlt.Pipeline, request: Request, reading: Reading) -> None:
    """The cursors of one shop say nothing of another, and its rows have the same keys."""
    known = pipeline.state.get("sources", {}).get("ecommerce", {}).get("shop")
    if known in (None, reading.shop) or (request.full_refresh and not request.resources):
        return
    raise SettingError(
        f"The warehouse holds the shop {known}, and the settings name {reading.shop}. Use another folder and"
        " database for another shop; if it is the same shop under a new address, run once with --full-refresh."
    )


def check(request: Request, settings: Settings) -> None:
    """Refuse wrong settings before a demo shop is opened or anything is written.

    Raises:
        SettingError: see `run`.
    """
    profile = load_profile(settings.shop)
    _chosen(request.resources, profile)
    maskers(settings, profile)
    ShopClient(profile, settings)
    open_destination()


def _chosen(names: tuple[str, ...], profile: ShopProfile) -> tuple[str, ...]:
    for name in names:
        if name not in MODELS:
            raise SettingError(f"Unknown resource {name!r}, expected some of {', '.join(MODELS)}.")
        declared = profile.resources.get(name)
        if declared is None:
            raise SettingError(f"The shop {profile.name} has no resource {name!r} in its profile.")
        if declared.embedded_in:
            raise SettingError(f"{name!r} comes inside {declared.embedded_in!r} in this shop; name that one.")
    if not names:
        return tuple(MODELS)
    embedded = [child for child, declared in profile.resources.items() if declared.embedded_in in names]
    return tuple(name for name in MODELS if name in names or name in embedded)


def _first_contact(client: ShopClient, profile: ShopProfile, resources: tuple[str, ...]) -> datetime:
    """A wrong key or a missing permission stops here, before anything is written."""
    listed = [profile.resources[name] for name in resources if name in profile.resources]
    return first_contact(client, [declared for declared in listed if declared.path])


def _finish_pending(pipeline: dlt.Pipeline) -> list[str]:
    """Load what an earlier run fetched and could not load."""
    if not pipeline.has_pending_data:
        return []
    logger.warning("an earlier run left fetched data; it is loaded first")
    prepare_or_forget(pipeline)
    return send(pipeline)


def _archive(settings: Settings, run_id: str, started_at: datetime) -> Keeper:
    if not settings.archive:
        return NoArchive()
    archive = Archive(settings.archive_address, run_id, started_at)
    for path in archive.expire(started_at.date(), settings.archive_retention_days):
        logger.info("deleted from the archive, older than %d days: %s", settings.archive_retention_days, path)
    return archive
