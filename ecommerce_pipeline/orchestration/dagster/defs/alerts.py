"""Who has to know something is told: at the end of an hourly run as an asset, of any other run by sensors."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetsDefinition,
    AssetSpec,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    Definitions,
    MaterializeResult,
    RunFailureSensorContext,
    RunStatusSensorContext,
    definitions,
    multi_asset,
    run_failure_sensor,
    run_status_sensor,
)
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from ecommerce_pipeline.alerts.run import Alerted, alert
from ecommerce_pipeline.alerts.work import Trouble
from ecommerce_pipeline.errors import AnotherRun
from ecommerce_pipeline.load.destination import is_lake
from ecommerce_pipeline.orchestration.dagster.defs.checks import RESULTS
from ecommerce_pipeline.orchestration.dagster.step import POOL, retries, settings_here, step
from ecommerce_pipeline.orchestration.dagster.tables import raw_key
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import has_models

FOLLOWED = ("delayed_orders", "rejection_spike", "stale_sources")
"""Models that are evaluated."""

EVENTS = raw_key("alert_events")
CHANNELS = "channels_were_told"
DAYS = ("dagster/partition", "dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
"""Tags of a run: the day that it is for, or the first and the last of them."""
SENSOR_SECONDS = 40
"""How long a sensor waits for another evaluation; Dagster ends it after a minute."""


@definitions
def defs() -> Definitions:
    """The alerts' asset and the sensors."""
    return Definitions([_alerts(settings_here())], sensors=[tell_of_failure, tell_of_end])


def _alerts(settings: Settings) -> AssetsDefinition:
    deps = [
        raw_key("pipeline_runs"),
        *([] if is_lake() else [RESULTS]),
        *(FOLLOWED if has_models(settings) else ()),
    ]
    words = "What somebody has to know: each event is told once, and once more when it is over."

    @multi_asset(
        name="alert",
        specs=[AssetSpec(EVENTS, deps=deps, description=words, group_name="alerts")],
        check_specs=[AssetCheckSpec(CHANNELS, asset=EVENTS)],
        retry_policy=retries(settings),
        pool=POOL,
    )
    def alerts() -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        """Evaluate, and tell who does not know."""
        with step():
            told = alert(settings)
        counts = {"open": len(told.events), "new": len(told.new), "sent": told.sent}
        yield MaterializeResult(asset_key=EVENTS, metadata=counts)
        yield _told(told)

    return alerts


def _told(told: Alerted) -> AssetCheckResult:
    """A channel that fails is told by the next run; it is shown here, and fails no load."""
    return AssetCheckResult(
        passed=not (told.failed or told.away),
        asset_key=EVENTS,
        check_name=CHANNELS,
        severity=AssetCheckSeverity.WARN,
        metadata={"failed": told.failed, "warehouse": told.away or "was asked"},
    )


@run_failure_sensor(default_status=DefaultSensorStatus.RUNNING)
def tell_of_failure(context: RunFailureSensorContext) -> None:
    """A run has failed: somebody is told which, and what else its own last step did not come to."""
    run = context.dagster_run
    words = context.failure_event.message or "it did not say why"
    told = _evaluated(Trouble(_job(run), f"Run {run.run_id} of {_job(run)} failed: {words}"))
    context.log.info(f"told: {', '.join(told.sent) or 'nobody'}")


@run_status_sensor(run_status=DagsterRunStatus.SUCCESS, default_status=DefaultSensorStatus.RUNNING)
def tell_of_end(context: RunStatusSensorContext) -> None:
    """A run went well, to its end: what was told of one that failed is over."""
    _evaluated(Trouble(_job(context.dagster_run)))


def _job(run: DagsterRun) -> str:
    """What people call a run's job. One of chosen assets has a name of Dagster's own; it is told by its days, for a run
    of other days says nothing of them.
    """
    if not run.job_name.startswith("__"):
        return run.job_name
    days = dict.fromkeys(run.tags[tag] for tag in DAYS if tag in run.tags)
    return f"chosen assets of {' to '.join(days)}" if days else "chosen assets"


@retry(
    retry=retry_if_exception_type(AnotherRun),
    stop=stop_after_delay(SENSOR_SECONDS),
    wait=wait_fixed(1),
    reraise=True,
)
def _evaluated(trouble: Trouble) -> Alerted:
    return alert(settings_here(), patience_seconds=0, troubles=[trouble])
