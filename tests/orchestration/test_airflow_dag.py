"""What Airflow reads: tasks in their order, tries, a deadline; nothing of the pipeline is imported for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecommerce_pipeline.demo import DemoShop
from tests.orchestration.conftest import OpenAirflow

pytestmark = pytest.mark.scheduler

READ = """
import json, sys, time
sys.path.insert(0, {folder!r})
before = time.process_time()
from ecommerce import dag
window = dag.get_task("load").command
print(json.dumps({{
    "seconds": time.process_time() - before,
    "order": [task.task_id for task in dag.topological_sort()],
    "retries": {{task.task_id: task.retries for task in dag.tasks}},
    "one": dag.max_active_runs,
    "deadline": dag.deadline[0].interval.total_seconds(),
    "teardown": [task.task_id for task in dag.tasks if task.is_teardown],
    "ours": [name for name in sys.modules if name.startswith(("ecommerce_pipeline", "dlt"))],
}}))
"""

BUSY_TWICE = """
import sys
sys.path.insert(0, {folder!r})
import ecommerce_command
ecommerce_command.PYTHON, ecommerce_command.BUSY_SECONDS = {command!r}, 0
ecommerce_command.Pipelines(task_id="load", command="--no-transform").execute({{}})
"""


def test_a_task_waits_for_the_run_that_works_in_its_folder(open_airflow: OpenAirflow, tmp_path: Path) -> None:
    airflow, command = open_airflow("airflow"), tmp_path / "command"
    command.write_text('#!/bin/sh\necho "$@" >> asked\ntest "$(wc -l < asked)" = 3 || exit 4\n')
    command.chmod(0o755)
    done = airflow.python("-c", BUSY_TWICE.format(folder=str(airflow.dags), command=str(command)))
    assert done.returncode == 0, done.stderr
    assert (airflow.project.folder / "asked").read_text() == "pipelines.py --no-transform\n" * 3


ENDED_WELL = """
import sys, types
from datetime import datetime
sys.path.insert(0, {folder!r})
import ecommerce_command
ecommerce_command.PYTHON = {command!r}
for kind in ("scheduled", "backfill"):
    run = types.SimpleNamespace(run_type=kind, run_id="one", dag_id="ecommerce")
    states = types.SimpleNamespace(get_task_states=lambda **_: {{"one": {{"load": "success"}}}})
    context = {{"dag_run": run, "ti": states, "data_interval_start": datetime(2026, 1, 2, 3, 5)}}
    ecommerce_command.Evaluation(task_id="alert", command="alert").execute(context)
"""


def test_a_backfill_that_ends_well_says_nothing_of_the_runs_by_the_hour(
    open_airflow: OpenAirflow, tmp_path: Path
) -> None:
    airflow, command = open_airflow("airflow"), tmp_path / "command"
    command.write_text(
        '#!/bin/sh\nfor word in "$@"; do printf "<%s>" "$word"; done >> asked; echo >> asked\n'
    )
    command.chmod(0o755)
    done = airflow.python("-c", ENDED_WELL.format(folder=str(airflow.dags), command=str(command)))
    assert done.returncode == 0, done.stderr
    assert (airflow.project.folder / "asked").read_text().splitlines() == [
        "<pipelines.py><alert><--late><><--failed><>",
        "<pipelines.py><alert><--job><backfill of 2026-01-02T03:05><--failed><>",
    ]


def test_the_dag_is_read_without_the_pipeline_and_without_work(
    open_airflow: OpenAirflow, shop: DemoShop
) -> None:
    airflow = open_airflow("airflow")
    read = airflow.python("-c", READ.format(folder=str(airflow.dags)))
    assert read.returncode == 0, read.stderr
    found = json.loads(read.stdout.splitlines()[-1])
    assert found["order"] == ["load", "build", "check", "export", "alert"]
    assert found["retries"] == {"load": 3, "build": 3, "check": 0, "export": 3, "alert": 3}
    assert found["one"] == 1 and found["deadline"] == 3600
    assert found["teardown"] == ["alert"]  # it comes last whatever has failed, and hides no failure
    assert found["ours"] == [] and shop.requests == []
    assert airflow.run("dags", "list-import-errors").returncode == 0
