"""What a person types to get answers: a run that builds and checks, the same in parts, and what a failure says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from tests.conftest import RunCommand

WITH_MODELS = {"SOURCES__ECOMMERCE__TRANSFORM": "true"}


def _query(project: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project / "raw.duckdb")) as warehouse:
        return warehouse.execute(sql).fetchall()


def test_a_run_loads_builds_checks_and_prints_and_its_parts_do_the_same_alone(
    project: Path, run_command: RunCommand
) -> None:
    first = run_command(env=WITH_MODELS)
    assert first.returncode == 0, first.stderr
    parts = ["every row is accounted for", "models: all", "checks passed"]
    assert [part for part in parts if part not in first.stdout] == []
    assert _query(project, "SELECT count(*) > 900 FROM analytics.fct_orders") == [(True,)]

    (found,) = _query(project, "SELECT count(DISTINCT check_id) FROM ecommerce.check_results")
    assert run_command("check").returncode == 0
    assert _query(project, "SELECT count(DISTINCT check_id) FROM ecommerce.check_results") == [
        (found[0] + 1,)
    ]

    again = run_command("build", env=WITH_MODELS)
    assert again.returncode == 0 and "nothing to build" in again.stdout
    exported = run_command("export", "--since", "2000-01-01")
    assert exported.returncode == 0, exported.stderr
    in_files = duckdb.sql(f"SELECT count(*) FROM '{project}/data/export/fct_orders/*/*.parquet'").fetchall()
    assert in_files == _query(project, "SELECT count(*) FROM analytics.fct_orders")

    # Somebody breaks what is loaded: the model's test stops what depends on it, and the check tells it too.
    _query(project, "UPDATE ecommerce.payments SET amount = -amount WHERE id % 2 = 0")
    assert run_command("check").returncode == 1
    _query(project, "INSERT INTO analytics.fct_orders BY NAME SELECT '0' AS order_id")
    loaded = run_command("--no-transform")
    assert loaded.returncode == 0 and "models" not in loaded.stdout
    broken = run_command("check")
    assert broken.returncode == 1
    assert "models agree with rows, fct_orders" in broken.stdout
    assert "amounts not negative, payments" in broken.stdout


def test_without_dbt_for_the_warehouse_a_run_stops_before_it_has_loaded_anything(
    project: Path, run_command: RunCommand
) -> None:
    nowhere = {"SOURCES__ECOMMERCE__DBT_ENVIRONMENT": str(project / "nowhere")}
    result = run_command(env=WITH_MODELS | nowhere)
    assert result.returncode == 2
    assert "There is no dbt for duckdb" in result.stderr and "make dbt-duckdb" not in result.stderr
    assert not (project / "raw.duckdb").exists()
    assert run_command("--no-transform", env=nowhere).returncode == 0
