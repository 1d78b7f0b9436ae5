"""The whole pipeline, each hour."""

from dagster import (
    AssetSelection,
    Definitions,
    RunRequest,
    ScheduleEvaluationContext,
    define_asset_job,
    definitions,
    schedule,
)

from ecommerce_pipeline.orchestration.dagster.step import HOURLY
from ecommerce_pipeline.orchestration.dagster.windows import FOLLOWS

WHOLE = define_asset_job(HOURLY, AssetSelection.all(), description="Load, build, check, export, alert.")


@definitions
def defs() -> Definitions:
    """The job and its schedule."""
    return Definitions(jobs=[WHOLE], schedules=[hourly_schedule])


@schedule(job=WHOLE, cron_schedule="5 * * * *", execution_timezone="UTC")
def hourly_schedule(context: ScheduleEvaluationContext) -> RunRequest:
    """What changed since the last run is read, wherever its days are; it is shown at the present day."""
    tick = context.scheduled_execution_time
    return RunRequest(partition_key=f"{tick:%Y-%m-%d}", run_key=tick.isoformat(), tags=FOLLOWS)
