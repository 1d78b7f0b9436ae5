"""What a person types: a first run, a second one, parts of it, help."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from tests.conftest import RunCommand


def _query(project: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project / "raw.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def _count(project: Path, table: str) -> int:
    return int(_query(project, f"SELECT count(*) FROM raw.ecommerce.{table}")[0][0])


def _staged(project: Path, table: str) -> int:
    return int(_query(project, f"SELECT count(*) FROM raw.ecommerce_staging.{table}")[0][0])


ACCOUNTS = "SELECT fetched FROM raw.ecommerce.pipeline_runs WHERE resource = 'orders'"


def test_without_configuration_the_demo_shop_is_loaded_and_the_account_printed(
    project: Path, run_command: RunCommand
) -> None:
    first = run_command()
    assert first.returncode == 0, first.stderr
    assert "every row is accounted for" in first.stdout
    assert _count(project, "orders") > 900
    staged = _query(project, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'ecommerce_staging'")
    copies = [name for (name,) in staged if not name.startswith("_dlt") and _staged(project, name)]
    assert staged and copies == []
    second = run_command("--full-refresh")
    assert second.returncode == 0, second.stderr
    assert [fetched > 900 for (fetched,) in _query(project, ACCOUNTS)] == [True, True]


def test_only_the_named_resources_are_read(project: Path, run_command: RunCommand) -> None:
    result = run_command("--resources", "customers,products")
    assert result.returncode == 0, result.stderr
    tables = {name for (name,) in _query(project, "SELECT table_name FROM duckdb_tables()")}
    assert {"customers", "products"} <= tables
    assert tables.isdisjoint({"orders", "order_items", "payments", "deliveries"})


def test_a_bounded_read_of_an_empty_warehouse_loads_the_window_and_no_cursor(
    project: Path, run_command: RunCommand
) -> None:
    result = run_command("--since", "2000-01-01", "--until", "2100-01-01T00:00:00+02:00")
    assert result.returncode == 0, result.stderr
    loaded = _count(project, "orders")
    assert loaded > 900
    assert "since the beginning" in run_command().stderr


def test_a_warehouse_that_refuses_rows_is_named_in_one_sentence(
    project: Path, run_command: RunCommand
) -> None:
    assert run_command("--resources", "orders").returncode == 0
    with duckdb.connect(str(project / "raw.duckdb")) as warehouse:
        warehouse.execute("CREATE UNIQUE INDEX guard ON ecommerce.orders(id)")
        warehouse.execute("UPDATE ecommerce.orders SET _content_hash = 'stale'")
    result = run_command("--since", "2000-01-01", "--resources", "orders")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("error: The load step failed: ConstraintException")
    assert "Traceback" not in result.stderr


def test_help_teaches_and_answers_without_importing_dlt(run_command: RunCommand) -> None:
    result = run_command("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert result.returncode == 0
    assert "examples:" in result.stdout
    assert "ecommerce_pipeline.command" in result.stderr, "the imports are not listed"
    assert "dlt.pipeline" not in result.stderr


def test_ctrl_c_while_python_still_imports_prints_no_traceback(
    project: Path, project_env: dict[str, str]
) -> None:
    (project / "ecommerce_pipeline").mkdir()
    (project / "ecommerce_pipeline" / "command.py").write_text("raise KeyboardInterrupt\n")
    done = subprocess.run(
        [sys.executable, "pipelines.py"],
        cwd=project,
        env={**project_env, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_command_works_on_its_own_folder_wherever_it_is_typed(
    project: Path, project_env: dict[str, str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / ".dlt").mkdir(parents=True)  # as a home folder has, where dlt keeps what all projects share
    done = subprocess.run(
        [sys.executable, str(project / "pipelines.py"), "--resources", "customers"],
        cwd=elsewhere,
        env=project_env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert _count(project, "customers") > 0
    assert list(elsewhere.iterdir()) == [elsewhere / ".dlt"]


def test_on_a_terminal_progress_is_shown_in_place_of_log_lines(
    project: Path, project_env: dict[str, str]
) -> None:
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "pipelines.py"], cwd=project, env=project_env, stdout=subprocess.PIPE, stderr=writer
    )
    os.close(writer)
    shown = b""
    while chunk := _read(reader):
        shown += chunk
    os.close(reader)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait() == 0
    assert b" rows on " in shown
    assert b"INFO" not in shown


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 4096)
    except OSError:  # how Linux tells the end of a terminal
        return b""


def test_output_that_nobody_reads_to_its_end_is_no_defect(project: Path, project_env: dict[str, str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [sys.executable, "pipelines.py", "ddl", "--dialect", "postgres"],
        cwd=project,
        env=project_env,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (process.returncode, process.stderr) == (141, "")
