"""The shop's rows: what dlt loads, one asset for each table, all of them by one run."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    Definitions,
    MaterializeResult,
    definitions,
    multi_asset,
)

from ecommerce_pipeline.command.alerting import Telling
from ecommerce_pipeline.command.loading import load_noted
from ecommerce_pipeline.errors import Unaccounted
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import Outcome
from ecommerce_pipeline.load.slots import slot
from ecommerce_pipeline.orchestration.dagster.partitions import backfills, days
from ecommerce_pipeline.orchestration.dagster.step import POOL, retries, settings_here, step
from ecommerce_pipeline.orchestration.dagster.tables import raw_specs, raw_tables
from ecommerce_pipeline.orchestration.dagster.windows import FOLLOWS, window_of
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.account import ResourceAccount


@definitions
def defs() -> Definitions:
    """The raw tables."""
    return Definitions([_raw(settings_here())])


def _raw(settings: Settings) -> AssetsDefinition:
    tables, specs = raw_tables(settings), raw_specs(settings)

    @multi_asset(
        name="load",
        specs=specs,
        partitions_def=days(settings),
        backfill_policy=backfills(settings),
        retry_policy=retries(settings),
        pool=POOL,
    )
    def load(context: AssetExecutionContext) -> Iterator[MaterializeResult[Any]]:
        """Read what changed in the shop, or days that are asked for again, and load it."""
        window = None if FOLLOWS.items() <= context.run.tags.items() else _asked(context)
        with step(), slot(window, settings):
            outcome = loaded(window)
        accounts = {account.resource: account for account in outcome.accounts}
        for spec in specs:
            account = accounts.get(tables.get(spec.key.path[-1], ""))
            yield MaterializeResult(asset_key=spec.key, metadata=_told(outcome, account))

    return load


def _asked(context: AssetExecutionContext) -> Window | None:
    asked = context.partition_time_window
    return window_of(asked.start, asked.end, datetime.now(UTC))


def loaded(window: Window | None) -> Outcome:
    """Load, and note how it ends for those who are told.

    Args:
        window: which part of the cursor's range; None for what changed since the last run.

    Raises:
        SettingError, RunFailed: see `run`.
        Unaccounted: it is loaded, but not every row that was fetched is accounted for.
    """
    with ExitStack() as noting:
        telling = Telling(noting)
        _, outcome = load_noted(Request(window=window), telling, builds=True)
    if not outcome.complete:
        raise Unaccounted(" ".join(telling.wrong))
    return outcome


def _told(outcome: Outcome, account: ResourceAccount | None) -> dict[str, Any]:
    """What stands beside an asset: the account of its list."""
    told: dict[str, Any] = {"run_id": outcome.run_id, "shop": outcome.shop}
    if account:
        told |= {
            "fetched": account.fetched,
            "loaded": account.loaded,
            "rejected": account.rejected_rows,
            "repeated": account.repeated,
            "deleted": account.deleted,
            "cursor": account.cursor_after.isoformat() if account.cursor_after else "none",
        }
    return told
