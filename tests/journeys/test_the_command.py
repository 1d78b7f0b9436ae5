"""What a person types: a first run, a second one, parts of it, help."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import duckdb

from tests.conftest import RunCommand


def _count(project: Path, table: str) -> int:
    with duckdb.connect(str(project / "raw.duckdb"), read_only=True) as warehouse:
        found = warehouse.execute(f"SELECT count(*) FROM raw.ecommerce.{table}").fetchone()
    return int(found[0]) if found else 0


def test_without_configuration_the_demo_shop_is_loaded_and_the_account_printed(
    project: Path, run_command: RunCommand
) -> None:
    first = run_command()
    assert first.returncode == 0, first.stderr
    assert "every row is accounted for" in first.stdout
    assert _count(project, "orders") > 900
    second = run_command()
    assert second.returncode == 0
    assert "repeated" in second.stdout
    assert _count(project, "pipeline_runs") >= 6


def test_only_the_named_resources_are_read(project: Path, run_command: RunCommand) -> None:
    result = run_command("--resources", "customers,products")
    assert result.returncode == 0, result.stderr
    assert "customers" in result.stdout
    assert "deliveries" not in result.stdout


def test_a_bounded_read_of_an_empty_warehouse_loads_the_window_and_no_cursor(
    project: Path, run_command: RunCommand
) -> None:
    result = run_command("--since", "2000-01-01", "--until", "2100-01-01T00:00:00+02:00")
    assert result.returncode == 0, result.stderr
    loaded = _count(project, "orders")
    assert loaded > 900
    assert "since the beginning" in run_command().stderr


def test_help_teaches_and_answers_without_importing_dlt(run_command: RunCommand) -> None:
    result = run_command("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert "examples:" in result.stdout
    assert "dlt.pipeline" not in result.stderr


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
