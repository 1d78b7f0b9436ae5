"""Runs in Dagster that are killed, fail, are tried again and repeated end like runs that never failed."""

from __future__ import annotations

import os
import signal
import subprocess
from datetime import UTC, datetime
from random import Random

import duckdb
import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.demo.faults import Faults
from tests.orchestration.conftest import DG, PATIENCE_SECONDS, OpenProject, Project
from tests.support.children import working_in
from tests.support.same_warehouse import differing, files_of
from tests.support.until import until

pytestmark = pytest.mark.scheduler


def _command() -> tuple[str, ...]:
    return DG, "launch", "--job", "hourly", "--partition", f"{datetime.now(UTC):%Y-%m-%d}"


def _hourly(project: Project) -> subprocess.CompletedProcess[str]:
    return project.run(*_command())


def test_runs_that_are_killed_fail_and_are_repeated_leave_what_runs_that_never_failed_leave(
    open_project: OpenProject, shop: DemoShop
) -> None:
    by_hand, project = open_project("by_hand"), open_project("dagster")
    with project.started(*_command()):
        until(lambda: len(shop.requests) > 5)

    shop.change(token="another")
    refused = _hourly(project)
    assert refused.returncode != 0 and "does not accept the key" in refused.stderr
    assert "STEP_UP_FOR_RETRY" not in refused.stderr  # what a person has to mend is not tried again

    shop.change(token=by_hand.env["SOURCES__ECOMMERCE__SHOP_TOKEN"])
    shop.change(faults=Faults(server_error=1.0, most_in_a_row=1_000_000))
    shop.requests.clear()
    with project.started(*_command(), DBT_EXCLUDE_RESOURCE_TYPES="") as run:
        until(lambda: shop.requests)
        shop.change(faults=Faults())
        (dbt, *_) = until(lambda: working_in(project.folder, "build", "--project-dir"))
        os.kill(dbt, signal.SIGKILL)
        assert run.wait(PATIENCE_SECONDS) == 0
    said = (project.folder / "said.log").read_text("utf-8")
    assert said.count("STEP_UP_FOR_RETRY") == 2  # the load once, the build once
    assert said.count("ASSET_CHECK_EVALUATION - ") > 150  # models' tests among them

    by_hand.pipelines()
    chance = Random(3)
    for _ in range(30):
        shop.touch_random(chance)
    for _ in range(2):
        assert _hourly(project).returncode == 0
    by_hand.pipelines()
    by_hand.pipelines("export")
    assert differing(project.database, by_hand.database) == []
    assert files_of(project.folder / "data" / "export") == files_of(by_hand.folder / "data" / "export")

    with duckdb.connect(str(project.database)) as warehouse:
        warehouse.execute("UPDATE ecommerce.payments SET amount = -amount WHERE id % 2 = 0")
    shop.touch_random(chance)
    damaged = _hourly(project)
    assert damaged.returncode != 0 and "amounts_not_negative" in damaged.stderr
    assert files_of(project.folder / "data" / "export") == files_of(by_hand.folder / "data" / "export")
