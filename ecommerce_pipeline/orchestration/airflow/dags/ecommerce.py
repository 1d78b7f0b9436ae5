"""Each hour: load, build, check, export, alert. Each task is a command of the pipeline, in the pipeline's environment.

Nothing of the pipeline is imported and nothing is asked while this file is read.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, AsyncCallback, CronDataIntervalTimetable, DeadlineAlert, DeadlineReference
from ecommerce_command import Evaluation, Pipelines
from ecommerce_late import tell

WINDOW = (
    "{% if dag_run.run_type == 'backfill' %}"
    "--since {{ data_interval_start.isoformat() }} --until {{ data_interval_end.isoformat() }}"
    "{% endif %}"
)
"""A backfill reads its interval again and leaves the cursor alone; others read what changed since the last run."""

RETRY_SECONDS = float(os.environ.get("ECOMMERCE_RETRY_SECONDS", "60"))
IN_TIME_SECONDS = float(os.environ.get("ECOMMERCE_IN_TIME_SECONDS", "3600"))

IN_TIME = DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=timedelta(seconds=IN_TIME_SECONDS),
    callback=AsyncCallback(tell),
)
TRIED_BY_HAND = sys.argv[1:3] == ["dags", "test"]
"""Airflow 3.3 ends such a run by looking for deadlines that the scheduler alone keeps, and fails in it
(`DagRun.update_state`, airflow/models/dagrun.py).
"""

with DAG(
    "ecommerce",
    description="The shop's changes into the warehouse, models, checks, files and alerts.",
    schedule=CronDataIntervalTimetable("5 * * * *", timezone="UTC"),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # one writer; a second would be refused and tried again
    default_args={
        "retries": 3,
        "retry_delay": timedelta(seconds=RETRY_SECONDS),
        "retry_exponential_backoff": 2.0,
    },
    deadline=None if TRIED_BY_HAND else IN_TIME,
    tags=["ecommerce"],
) as dag:
    load = Pipelines(task_id="load", command=f"--no-transform {WINDOW}")
    build = Pipelines(task_id="build", command="build")
    # Another try would compare with what the first one found, and pass.
    check = Pipelines(task_id="check", command="check", retries=0)
    export = Pipelines(task_id="export", command="export")
    # A teardown comes last whatever became of the others.
    alert = Evaluation(task_id="alert", command="alert").as_teardown(on_failure_fail_dagrun=True)

    load >> build >> check >> export >> alert
