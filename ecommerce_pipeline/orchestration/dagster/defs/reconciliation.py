"""The shop compared with the warehouse at night: what differs is told, what the shop has deleted is marked."""

from dagster import (
    Definitions,
    Failure,
    JobDefinition,
    OpExecutionContext,
    ScheduleDefinition,
    definitions,
    job,
    op,
)

from ecommerce_pipeline.checks import sweep as sweeping
from ecommerce_pipeline.checks import verify as comparing
from ecommerce_pipeline.command.prepared import prepared
from ecommerce_pipeline.load.destination import is_lake
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.orchestration.dagster.step import POOL, retries, settings_here, step


@definitions
def defs() -> Definitions:
    """The jobs and when they run; a lake cannot be compared with the shop."""
    if is_lake():
        return Definitions()
    jobs = {"verify": _verify_job(), "sweep": _sweep_job()}
    at = {"verify": "30 2 * * *", "sweep": "30 3 * * *"}
    return Definitions(
        jobs=list(jobs.values()),
        schedules=[
            ScheduleDefinition(name=f"{name}_nightly", job=jobs[name], cron_schedule=at[name])
            for name in jobs
        ],
    )


def _verify_job() -> JobDefinition:
    @op(retry_policy=retries(settings_here()), pool=POOL)
    def compare(context: OpExecutionContext) -> None:
        """Compare each row; changes nothing."""
        with step(), prepared(Request()) as (settings, watch):
            verdict = comparing.verify(Request(), settings, watch=watch)
        differing = [table.table for table in verdict.tables if table.any]
        context.add_output_metadata({"tables": len(verdict.tables), "differing": differing})
        if differing:
            raise Failure(
                f"The shop and the warehouse differ in {', '.join(differing)}. `python pipelines.py verify` shows the"
                " rows, `python pipelines.py verify --repair` reads them again.",
                allow_retries=False,
            )

    @job(name="verify", description="Compare the shop with the warehouse, row by row.")
    def verify() -> None:
        compare()

    return verify


def _sweep_job() -> JobDefinition:
    @op(retry_policy=retries(settings_here()), pool=POOL)
    def mark(context: OpExecutionContext) -> None:
        """Mark what the shop has no more."""
        with step(), prepared(Request()) as (settings, watch):
            found = sweeping.sweep(Request(), settings, watch=watch)
        context.add_output_metadata({swept.resource: len(swept.gone) for swept in found})

    @job(name="sweep", description="Mark rows that the shop has deleted.")
    def sweep() -> None:
        mark()

    return sweep
