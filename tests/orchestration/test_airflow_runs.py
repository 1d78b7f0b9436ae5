"""Tasks in Airflow that are killed, fail, are tried again and repeated end like runs that never failed."""

from __future__ import annotations

import os
import signal
from random import Random

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.demo.faults import Faults
from tests.orchestration.conftest import AIRFLOW, PATIENCE_SECONDS, OpenAirflow, OpenProject
from tests.support.children import working_in
from tests.support.receivers import webhook
from tests.support.same_warehouse import differing, files_of
from tests.support.until import until

pytestmark = pytest.mark.scheduler

RUN = ("dags", "test", "ecommerce")


def test_tasks_that_are_killed_fail_and_are_repeated_leave_what_runs_that_never_failed_leave(
    open_project: OpenProject, open_airflow: OpenAirflow, shop: DemoShop
) -> None:
    by_hand, airflow = open_project("by_hand"), open_airflow("airflow")
    project = airflow.project
    with project.started(AIRFLOW, *RUN):
        until(lambda: len(shop.requests) > 5)
        (load,) = working_in(project.folder, "pipelines.py")
        os.kill(load, signal.SIGKILL)

    wrong = airflow.run(*RUN, SOURCES__ECOMMERCE__PAGE_SIZE="many")
    assert wrong.returncode != 0 and "page_size" in wrong.stdout
    assert "up_for_retry" not in wrong.stdout  # what a person has to mend is not tried again

    shop.change(faults=Faults(server_error=1.0, most_in_a_row=1_000_000))
    shop.requests.clear()
    with project.started(AIRFLOW, *RUN) as run:
        until(lambda: shop.requests)
        shop.change(faults=Faults())
        (dbt, *_) = until(lambda: working_in(project.folder, "build", "--project-dir"))
        os.kill(dbt, signal.SIGKILL)
        assert run.wait(PATIENCE_SECONDS) == 0

    by_hand.pipelines()
    chance = Random(3)
    for _ in range(30):
        shop.touch_random(chance)
    with webhook() as hook:
        told = {"SOURCES__ECOMMERCE__ALERT_CHANNELS": hook.address}
        no_folder = project.folder / "pipelines.py"
        assert airflow.run(*RUN, SOURCES__ECOMMERCE__EXPORT_ADDRESS=str(no_folder), **told).returncode != 0
        assert "failed at export." in str(hook.bodies)
        assert "over: the scheduler" not in str(hook.bodies)
        assert airflow.run(*RUN, **told).returncode == 0
        assert "over: the scheduler's runs end well again" in str(hook.bodies)
    by_hand.pipelines()
    by_hand.pipelines("export")
    assert differing(project.database, by_hand.database) == []
    assert files_of(project.folder / "data" / "export") == files_of(by_hand.folder / "data" / "export")
