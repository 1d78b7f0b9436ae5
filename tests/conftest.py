"""What every test gets: a clean environment, a folder of its own, and a user's project to run in."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUN_SECONDS = 120


class RunCommand(Protocol):
    """Runs `python pipelines.py <arguments>` in the project's folder and waits for its end."""

    def __call__(
        self, *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which warehouse the contract tests run on."""
    doors = ("duckdb", "postgres", "snowflake", "snowflake-live", "lake", "delta")
    parser.addoption("--door", choices=doors, default="duckdb")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about one warehouse runs on no other."""
    name = config.getoption("door")
    others = [item for item in items if (mark := item.get_closest_marker("door")) and name not in mark.args]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _is_configuration(name: str) -> bool:
    """Whether dlt would read this variable: its own start with DLT_, sections are joined by `__`."""
    return name.startswith("DLT_") or "__" in name.strip("_")


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the person who runs the tests reaches them, and nothing of theirs is written."""
    for name in list(os.environ):
        if _is_configuration(name):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DLT_DATA_DIR", str(home / "dlt"))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.chdir(tmp_path)
    _forget_the_project()
    yield
    _forget_the_project()
    ours = logging.getLogger("ecommerce_pipeline")  # the command has set it up where it ran in this process
    ours.handlers.clear()
    ours.setLevel(logging.NOTSET)


def _forget_the_project() -> None:
    """dlt remembers the folder where it was first used; make it look at the current one."""
    if "dlt" in sys.modules:
        from dlt.common.runtime.run_context import switch_context

        # By its name: without one dlt would keep the kind of project that it knew.
        switch_context(str(Path.cwd()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a user has: `pipelines.py` and `.dlt`, without secrets and without anything loaded."""
    folder = tmp_path / "project"
    (folder / ".dlt").mkdir(parents=True)
    shutil.copy(ROOT / "pipelines.py", folder)
    for file in (*(ROOT / ".dlt").glob("*config.toml"), ROOT / ".dlt" / ".workspace"):
        if file.exists():
            shutil.copy(file, folder / ".dlt")
    return folder


@pytest.fixture
def project_env(_clean_environment: None) -> dict[str, str]:
    """The environment of a terminal in that project, its virtual environment activated."""
    env = {name: value for name, value in os.environ.items() if name != "DLT_DATA_DIR"}
    commands = str(Path(sys.executable).parent)
    # Models take dbt ten seconds; tests that are about them say so.
    load_only = {"SOURCES__ECOMMERCE__TRANSFORM": "false"}
    return env | load_only | {"PYTHONPATH": str(ROOT), "PATH": f"{commands}{os.pathsep}{env['PATH']}"}


@pytest.fixture
def run_command(project: Path, project_env: dict[str, str]) -> RunCommand:
    """The command as a child process; output is captured, a run that hangs is an error."""

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "pipelines.py", *arguments],
            cwd=project,
            env={**project_env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def run_here(project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> RunCommand:
    """The command in this process, for mistakes that end it early: importing dlt anew takes seconds."""

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        from ecommerce_pipeline.command import main

        monkeypatch.delenv("DLT_DATA_DIR", raising=False)
        monkeypatch.chdir(project)
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        _forget_the_project()
        code = main(arguments, project)
        shown = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, shown.out, shown.err)

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was not tested; each reason says how to get what is missing."""
    figures = _figures(terminalreporter)
    if figures:
        terminalreporter.section("figures")
        for name, count in figures.items():
            terminalreporter.write_line(f"{count} {name}")
    skipped = _reasons(terminalreporter)
    if skipped:
        terminalreporter.section("not tested on this machine")
        for reason, count in sorted(skipped.items()):
            terminalreporter.write_line(f"{count} x {reason}")
    if skipped and _in_ci():
        terminalreporter.write_line("CI=true: a skipped test fails the session", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI everything is installed, so a skip hides a fault."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if _in_ci() and session.exitstatus == pytest.ExitCode.OK and reporter and _reasons(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


def _figures(reporter: pytest.TerminalReporter) -> dict[str, int]:
    """What tests have counted, added up over all of them."""
    counts: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in reporter.stats.get(outcome, []):
            for name, count in report.user_properties:  # one test may count the same thing several times
                counts[name] += count
    return dict(counts)


def _reasons(reporter: pytest.TerminalReporter) -> dict[str, int]:
    counts: dict[str, int] = {}
    for report in reporter.stats.get("skipped", []):
        where = report.longrepr
        reason = (where[2] if isinstance(where, tuple) else str(where)).removeprefix("Skipped: ")
        counts[reason] = counts.get(reason, 0) + 1
    return counts
