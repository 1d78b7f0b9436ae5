"""Dagster as a person uses it: the lineage in a browser, a backfill of thirty days, a failure that its daemon sees."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import pytest
import requests
from playwright.sync_api import expect

from ecommerce_pipeline.demo import DemoShop
from tests.conftest import ROOT
from tests.orchestration.conftest import DG, OpenProject, Project
from tests.support.browser import CHROMIUM, browser
from tests.support.ports import free_port
from tests.support.receivers import webhook
from tests.support.truth import RESOURCES, changed_between
from tests.support.until import until

pytestmark = pytest.mark.scheduler

FIRST = datetime(2024, 11, 15, tzinfo=UTC)
DAYS = [FIRST + timedelta(days=number) for number in range(30)]

LAUNCH = "mutation($given: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $given) { __typename } }"
RUN = "mutation($given: ExecutionParams!) { launchRun(executionParams: $given) { __typename } }"
VERIFY = {"repositoryLocationName": "ecommerce", "repositoryName": "__repository__", "jobName": "verify"}
RUNS = "{ runsOrError { ... on Runs { results { status startTime endTime } } } }"


def _asked(address: str, query: str, **variables: Any) -> Any:
    answer = requests.post(
        f"{address}/graphql", json={"query": query, "variables": variables}, timeout=60
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


def _answers(address: str) -> bool:
    try:
        return "ecommerce" in str(_asked(address, "{ assetNodes { assetKey { path } } }"))
    except requests.ConnectionError:
        return False


def _runs(address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _asked(address, RUNS)["runsOrError"]["results"]
    assert [run for run in found if run["status"] in ("FAILURE", "CANCELED")] == []
    return found


def _ended(address: str, runs: int) -> list[dict[str, Any]]:
    found = _runs(address)
    return found if [run["status"] for run in found] == ["SUCCESS"] * runs else []


def _served(project: Project) -> tuple[str, tuple[str, ...]]:
    home, port = project.folder / "home", str(free_port())
    home.mkdir()
    shutil.copy(ROOT / "ecommerce_pipeline" / "orchestration" / "dagster" / "dagster.yaml", home)
    return f"http://127.0.0.1:{port}", (DG, "dev", "--host", "127.0.0.1", "--port", port)


@pytest.mark.skipif(CHROMIUM is None, reason="the lineage needs a browser: apt-get install chromium")
def test_the_lineage_is_shown_and_thirty_days_are_backfilled_by_one_writer_and_a_failure_is_told(
    open_project: OpenProject, shop: DemoShop
) -> None:
    project = open_project("dagster")
    address, command = _served(project)
    told = {"DAGSTER_HOME": str(project.folder / "home"), "SOURCES__ECOMMERCE__DAYS_PER_RUN": "10"}
    with (
        webhook() as hook,
        project.started(*command, **told, SOURCES__ECOMMERCE__ALERT_CHANNELS=hook.address),
    ):
        until(lambda: _answers(address))
        with browser() as page:
            page.goto(f"{address}/asset-groups")
            for group in ("raw", "staging", "intermediate", "history", "marts", "checks", "files", "alerts"):
                expect(page.locator("svg").get_by_text(group, exact=True)).to_be_visible()
            page.goto(f"{address}/locations/ecommerce/asset-groups/raw")
            expect(page.locator("svg").get_by_text("pipeline_runs", exact=True)).to_be_visible()
            page.get_by_text("List", exact=True).click()
            expect(page.get_by_text("orders__tags").first).to_be_visible()
        given = {
            "assetSelection": [{"path": ["ecommerce", table]} for table in _loaded_together(address)],
            "partitionNames": [f"{day:%Y-%m-%d}" for day in DAYS],
        }
        _asked(address, LAUNCH, given=given)
        spans = sorted((run["startTime"], run["endTime"]) for run in until(lambda: _ended(address, 3)))
        # The warehouse has those days alone: a comparison with the shop fails, and somebody is told.
        _asked(address, RUN, given={"selector": VERIFY, "runConfigData": {}})
        until(lambda: "of verify failed" in str(hook.bodies))
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    with duckdb.connect(str(project.database), read_only=True) as warehouse:
        for name in RESOURCES:
            found = {key for (key,) in warehouse.execute(f"SELECT id FROM ecommerce.{name}").fetchall()}
            assert found == changed_between(shop, name, FIRST, DAYS[-1] + timedelta(days=1)), name


def _loaded_together(address: str) -> list[str]:
    """The raw tables: assets with days."""
    nodes = _asked(address, "{ assetNodes { isPartitioned assetKey { path } } }")["assetNodes"]
    return [node["assetKey"]["path"][-1] for node in nodes if node["isPartitioned"]]
