"""Who has to know something is told: after each run that went well as an asset, after one that failed by a sensor."""

from typing import Any

from dagster import (
    AssetsDefinition,
    DefaultSensorStatus,
    Definitions,
    MaterializeResult,
    RunFailureSensorContext,
    asset,
    definitions,
    run_failure_sensor,
)

from ecommerce_pipeline.alerts.run import alert
from ecommerce_pipeline.load.destination import is_lake
from ecommerce_pipeline.orchestration.dagster.defs.checks import RESULTS
from ecommerce_pipeline.orchestration.dagster.step import POOL, retries, settings_here, step
from ecommerce_pipeline.orchestration.dagster.tables import raw_key
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import has_models

FOLLOWED = ("delayed_orders", "rejection_spike", "stale_sources")
"""Models that are evaluated."""


@definitions
def defs() -> Definitions:
    """The alerts' asset and the sensor."""
    return Definitions([_alerts(settings_here())], sensors=[tell_of_failure])


def _alerts(settings: Settings) -> AssetsDefinition:
    @asset(
        key=raw_key("alert_events"),
        deps=[
            raw_key("pipeline_runs"),
            *([] if is_lake() else [RESULTS]),
            *(FOLLOWED if has_models(settings) else ()),
        ],
        group_name="alerts",
        retry_policy=retries(settings),
        pool=POOL,
    )
    def alert_events() -> MaterializeResult[Any]:
        """What somebody has to know: each event is told once, and once more when it is over."""
        with step():
            told = alert(settings)
        return MaterializeResult(
            metadata={
                "open": len(told.events),
                "new": len(told.new),
                "sent": told.sent,
                "failed": told.failed,
            }
        )

    return alert_events


@run_failure_sensor(default_status=DefaultSensorStatus.RUNNING)
def tell_of_failure(context: RunFailureSensorContext) -> None:
    """A run has failed: evaluate the alerts, which its own last step did not come to."""
    told = alert(settings_here(), patience_seconds=0)
    context.log.info(f"{len(told.events)} events are open; told: {', '.join(told.sent) or 'nobody'}")
