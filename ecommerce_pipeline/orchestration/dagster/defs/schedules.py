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

from ecommerce_pipeline.orchestration.dagster.partitions import days
from ecommerce_pipeline.orchestration.dagster.step import settings_here

HOURLY = define_asset_job("hourly", AssetSelection.all(), description="Load, build, check, export, alert.")


@definitions
def defs() -> Definitions:
    """The job and its schedule."""
    return Definitions(jobs=[HOURLY], schedules=[hourly_schedule])


@schedule(job=HOURLY, cron_schedule="5 * * * *", execution_timezone="UTC")
def hourly_schedule(context: ScheduleEvaluationContext) -> RunRequest:
    """The present day: what changed since the last run is read, wherever its days are."""
    last = days(settings_here()).get_last_partition_key(context.scheduled_execution_time)
    return RunRequest(partition_key=last, run_key=context.scheduled_execution_time.isoformat())
