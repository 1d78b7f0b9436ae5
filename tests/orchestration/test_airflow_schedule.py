"""The scheduler's own run, told where it is not through in time, and a backfill whose interval is read."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.demo.options import utc_now
from tests.conftest import ROOT
from tests.orchestration.conftest import Airflow, OpenAirflow
from tests.support.ports import free_port
from tests.support.receivers import webhook
from tests.support.truth import differences
from tests.support.until import until

pytestmark = pytest.mark.scheduler

START = ROOT / "ecommerce_pipeline" / "orchestration" / "airflow" / "start"


def _asked(airflow: Airflow, sql: str) -> list[tuple[Any, ...]]:
    """What Airflow's database says; nothing before it is there."""
    file = airflow.project.folder / "home" / "airflow.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(sql).fetchall()


def _ended(airflow: Airflow, kind: str, runs: int) -> bool:
    states = _asked(airflow, f"SELECT state FROM dag_run WHERE run_type = '{kind}'")
    assert ("failed",) not in states
    return [state for (state,) in states] == ["success"] * runs


@contextmanager
def _without_answers(shop: DemoShop) -> Iterator[None]:
    """No answer of the shop is sent while the block runs: each states the time, and its clock stands."""
    goes_on = threading.Event()

    def stands() -> datetime:
        goes_on.wait()
        return utc_now()

    shop.change(clock=stands)
    try:
        yield
    finally:
        goes_on.set()
        shop.change(clock=utc_now)


def test_a_scheduled_run_that_is_late_is_told_and_a_backfill_reads_its_interval_again(
    open_airflow: OpenAirflow, shop: DemoShop
) -> None:
    airflow, port = open_airflow("airflow"), str(free_port())
    started = (str(START), port)
    with webhook() as hook, airflow.project.started(*started, **_told(hook.address)):
        until(lambda: _asked(airflow, "SELECT 1 FROM dag WHERE dag_id = 'ecommerce'"))
        with _without_answers(shop):
            assert airflow.run("dags", "unpause", "ecommerce", "--yes").returncode == 0
            until(lambda: "The run scheduled__" in str(hook.bodies))
        until(lambda: _ended(airflow, "scheduled", 1))
        assert differences(shop, airflow.project.database) == []

        shop.requests.clear()
        ((begin,),) = _asked(
            airflow, "SELECT replace(substr(data_interval_start, 1, 19), ' ', 'T') FROM dag_run"
        )
        between = ("--from-date", f"{begin}Z", "--to-date", f"{begin}Z")
        asked = ("--dag-id", "ecommerce", "--max-active-runs", "1", "--reprocess-behavior", "completed")
        assert airflow.run("backfill", "create", *asked, *between).returncode == 0
        until(lambda: _ended(airflow, "backfill", 1))
    asked_for = {(of.query.get("updated_since"), of.query.get("updated_before")) for of in shop.requests}
    assert any(f"{since}".startswith(begin) for since, _ in asked_for), asked_for


def _told(channel: str) -> dict[str, str]:
    return {
        "PATH": f"{ROOT / '.venv-airflow' / 'bin'}:/usr/bin:/bin",
        "SOURCES__ECOMMERCE__ALERT_CHANNELS": channel,
        "ECOMMERCE_IN_TIME_SECONDS": "5",
        "SOURCES__ECOMMERCE__READ_TIMEOUT_SECONDS": "600",
    }
