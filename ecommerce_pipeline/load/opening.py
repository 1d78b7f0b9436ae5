"""What stands before any work: the shop asked whether it knows us, the warehouse in a state to go on from."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import dlt

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.bare_tombstones import mark_what_was_left
from ecommerce_pipeline.load.bucket_files import discard_files, waiting_packages
from ecommerce_pipeline.load.committed import start_from_committed
from ecommerce_pipeline.load.connection import file_kept_open
from ecommerce_pipeline.load.destination import (
    destination_type,
    open_destination,
    open_pipeline,
)
from ecommerce_pipeline.load.lake_tables import lake_tables, require_same_kind
from ecommerce_pipeline.load.layout import layout_of
from ecommerce_pipeline.load.one_writer import check_held, hold
from ecommerce_pipeline.load.package import prepare_or_forget, send
from ecommerce_pipeline.load.patience import wait_until_free
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.slots import in_a_slot
from ecommerce_pipeline.load.tables import restore_own_tables
from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks, ShopClient
from ecommerce_pipeline.shop.probe import first_contact
from ecommerce_pipeline.shop.profile import ShopProfile
from ecommerce_pipeline.shop.profile_file import load_profile
from ecommerce_pipeline.source import UNFINISHED
from ecommerce_pipeline.source.cursor import plain
from ecommerce_pipeline.source.persons import maskers
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.run_id import new_run_id

logger = logging.getLogger(__name__)


def begin(request: Request, settings: Settings, clocks: Clocks) -> Reading:
    """The reading that a request asks for; nothing is written yet.

    A wrong key or a missing permission stops here.

    Raises:
        SettingError: a setting is wrong.
        ShopRefused, ShopUnreachable: see `ShopClient.get`.
    """
    reading = begin_without_shop(request, settings, clocks)
    profile = reading.profile
    listed = [profile.resources[name] for name in reading.resources if name in profile.resources]
    reading.shop_clock = first_contact(reading.client, [declared for declared in listed if declared.path])
    return reading


def begin_without_shop(request: Request, settings: Settings, clocks: Clocks) -> Reading:
    """The same for work that the shop is not asked for; its clock is ours.

    Raises:
        SettingError: a setting is wrong.
    """
    profile = load_profile(settings.shop)
    resources = _chosen(request.resources, profile)
    client = ShopClient(profile, settings, clocks)
    open_destination()
    started_at = clocks.now()
    reading = Reading(
        profile, settings, client, new_run_id(started_at), started_at, started_at, resources, request.window
    )
    reading.maskers = maskers(settings, profile)
    reading.layout, reading.lake = layout_of(destination_type()), lake_tables(settings)
    return reading


def begin_again(reading: Reading, request: Request) -> Reading:
    """Another reading of the same shop, which has been asked already."""
    started_at = reading.client.clocks.now()
    resources = _chosen(request.resources, reading.profile)
    again = Reading(
        reading.profile,
        reading.settings,
        reading.client,
        new_run_id(started_at),
        started_at,
        reading.shop_clock,
        resources,
        request.window,
    )
    again.maskers, again.layout = reading.maskers, reading.layout
    again.lake = reading.lake
    return again


def require_rows_that_change(reading: Reading, command: str) -> None:
    """Refuse a lake.

    Raises:
        SettingError: the command changes or compares rows, which it does by SQL.
    """
    if reading.lake:
        raise SettingError(
            f"`{command}` needs a warehouse: it changes or compares rows by SQL, and a lake has files. Load into a"
            " warehouse as well, or read the lake as docs/lake.md shows."
        )


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


class OpenWarehouse(NamedTuple):
    """A warehouse in a state to go on from.

    Attributes:
        pipeline: knows it; its local state is the committed one.
        wait: returns when the warehouse lets us in, or raises `DestinationFailed`.
        packages: ids of those that an earlier run had left, and that are loaded now.
    """

    pipeline: dlt.Pipeline
    wait: Callable[[], None]
    packages: list[str]


def open_warehouse(reading: Reading, request: Request) -> OpenWarehouse:
    """Open it, finish or drop what an earlier run left, take over the committed state.

    Raises:
        SettingError: it holds another shop.
        AnotherRun: somebody else loads into it.
        DestinationFailed: it cannot be opened.
    """
    pipeline = open_pipeline()
    wait = functools.partial(_wait, pipeline, reading)
    wait()
    hold(pipeline, in_a_slot())
    with file_kept_open(pipeline):
        return OpenWarehouse(pipeline, wait, _from_committed(pipeline, reading, request))


def _wait(pipeline: dlt.Pipeline, reading: Reading) -> None:
    wait_until_free(pipeline, reading.settings.destination_wait_seconds, reading.client.clocks.sleep)
    check_held()


def _from_committed(pipeline: dlt.Pipeline, reading: Reading, request: Request) -> list[str]:
    """The ids of the packages that an earlier run had left; the local state is the committed one after it."""
    if request.full_refresh and pipeline.has_pending_data:
        pipeline.drop()
    restore_own_tables(pipeline)
    waiting = waiting_packages(pipeline) if reading.lake else []
    start_from_committed(pipeline)
    discard_files(pipeline, [package for package in waiting if package not in waiting_packages(pipeline)])
    _check_same_shop(pipeline, request, reading)
    packages = _finish_pending(pipeline)
    _name_unfinished(pipeline)
    pipeline.sync_destination()
    _check_same_shop(pipeline, request, reading)
    require_same_kind(pipeline, reading.lake)
    if not reading.lake:
        mark_what_was_left(pipeline, _state(pipeline))
    return packages


def _check_same_shop(pipeline: dlt.Pipeline, request: Request, reading: Reading) -> None:
    """The cursors of one shop say nothing of another, and its rows have the same keys."""
    known = _state(pipeline).get("shop")
    anew = request.full_refresh and not request.resources and not reading.lake
    if known in (None, reading.shop) or anew:
        return
    if reading.lake:
        raise SettingError(
            f"The lake holds the shop {known}, and the settings name {reading.shop}. A lake keeps all that was ever"
            " loaded: give another shop another `bucket_url`."
        )
    raise SettingError(
        f"The warehouse holds the shop {known}, and the settings name {reading.shop}. Use another folder and"
        " database for another shop; if it is the same shop under a new address, run once with --full-refresh."
    )


def _finish_pending(pipeline: dlt.Pipeline) -> list[str]:
    """Load what an earlier run fetched and could not load."""
    if not pipeline.has_pending_data:
        return []
    logger.warning("an earlier run left fetched data; it is loaded first")
    prepare_or_forget(pipeline)
    return send(pipeline)


def _name_unfinished(pipeline: dlt.Pipeline) -> None:
    stopped = _state(pipeline).get(UNFINISHED)
    if stopped:
        logger.warning("run %s was stopped after a checkpoint; this run goes on from there", stopped)


def recent(pipeline: dlt.Pipeline, resource: str) -> dict[str, datetime]:
    """The accepted rows of a resource that the last run expects to come again: their cursors, UTC, by `identity`."""
    kept = _state_of(pipeline, resource).get("recent", {})
    return {
        name: datetime.fromisoformat(known[0]) for name, known in kept.items() if not name.startswith("#")
    }


def position(pipeline: dlt.Pipeline, resource: str) -> datetime | None:
    """Where the committed cursor of a resource stands, UTC; None before its first row."""
    cursor = _state_of(pipeline, resource).get("incremental", {}).get("updated_at", {})
    return plain(cursor.get("last_value"))


def _state(pipeline: dlt.Pipeline) -> Mapping[str, Any]:
    """What the source has left in dlt's state; nothing before the first load."""
    found: Mapping[str, Any] = pipeline.state.get("sources", {}).get("ecommerce", {})
    return found


def _state_of(pipeline: dlt.Pipeline, resource: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _state(pipeline).get("resources", {}).get(resource, {})
    return found
