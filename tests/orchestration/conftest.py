"""A shop, and projects that read it: one in which a scheduler works, one in which the command does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from tests.conftest import ROOT
from tests.support.children import working_in

DG = str(ROOT / ".venv-dagster" / "bin" / "dg")
AIRFLOW = str(ROOT / ".venv-airflow" / "bin" / "airflow")
"""Each in an environment of its own: `make test-dagster`, `make test-airflow` make them."""

SIZES = {"customers": 60, "products": 30, "orders": 150}
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Project:
    """A folder with `pipelines.py` and what stands beside it, and the environment of its terminal."""

    folder: Path
    env: Mapping[str, str]

    @property
    def database(self) -> Path:
        """What is loaded."""
        return self.folder / "raw.duckdb"

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def pipelines(self, *arguments: str) -> None:
        """`python pipelines.py` by hand, which has to go well."""
        done = self.run(sys.executable, "pipelines.py", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    @contextmanager
    def started(self, *command: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
        """A command at work; at the end of the block it and its children are killed, what it said is in `said.log`."""
        with (self.folder / "said.log").open("ab") as said:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):  # it has ended
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                for child in working_in(self.folder):  # with a session of its own
                    os.kill(child, signal.SIGKILL)


OpenProject = Callable[[str], Project]


@pytest.fixture
def shop() -> Iterator[DemoShop]:
    """A quiet shop that is served."""
    opened = DemoShop(ShopOptions(sizes=SIZES, page_size=20))
    with opened.serve():
        yield opened


@pytest.fixture
def open_project(tmp_path: Path, shop: DemoShop, project_env: dict[str, str]) -> OpenProject:
    """Opens a project of some name that reads the shop."""

    def opened(name: str) -> Project:
        folder = tmp_path / name
        shutil.copytree(ROOT / ".dlt", folder / ".dlt", ignore=shutil.ignore_patterns(".var", "secrets.toml"))
        for file in ("pipelines.py", "pyproject.toml"):
            shutil.copy(ROOT / file, folder)
        (folder / "ecommerce_pipeline").symlink_to(ROOT / "ecommerce_pipeline")
        told = {
            "SOURCES__ECOMMERCE__SHOP_BASE_URL": f"{shop.start()}/api",
            "SOURCES__ECOMMERCE__SHOP_TOKEN": shop.options.token,
            "SOURCES__ECOMMERCE__TRANSFORM": "true",
            "SOURCES__ECOMMERCE__REQUEST_ATTEMPTS": "1",
            "SOURCES__ECOMMERCE__STEP_RETRY_SECONDS": "0.1",
            "DBT_EXCLUDE_RESOURCE_TYPES": "test unit_test",  # most of a build's time; they are tried elsewhere
        }
        return Project(folder, {**project_env, **told})

    return opened


@dataclass(frozen=True)
class Airflow:
    """An Airflow that works in a project, with a database of its own."""

    project: Project

    @property
    def dags(self) -> Path:
        """The folder of DAGs."""
        return ROOT / "ecommerce_pipeline" / "orchestration" / "airflow" / "dags"

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Airflow's interpreter."""
        return self.project.run(str(Path(AIRFLOW).with_name("python")), *arguments)

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """A command of Airflow's."""
        return self.project.run(AIRFLOW, *arguments, **env)

    def asked(self, *arguments: str) -> list[dict[str, str]]:
        """What a command of Airflow's lists."""
        listed = self.run(*arguments, "--output", "json")
        assert listed.returncode == 0, listed.stderr
        found: list[dict[str, str]] = json.loads(listed.stdout[listed.stdout.index("[") :])
        return found


OpenAirflow = Callable[[str], Airflow]


@pytest.fixture
def open_airflow(open_project: OpenProject) -> OpenAirflow:
    """Opens a project in which an Airflow works."""

    def opened(name: str) -> Airflow:
        project = open_project(name)
        told = {
            "AIRFLOW_HOME": str(project.folder / "home"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(
                ROOT / "ecommerce_pipeline" / "orchestration" / "airflow" / "dags"
            ),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
            "ECOMMERCE_PROJECT": str(project.folder),
            "ECOMMERCE_PYTHON": sys.executable,
            "ECOMMERCE_RETRY_SECONDS": "0.1",
        }
        airflow = Airflow(Project(project.folder, {**project.env, **told}))
        assert airflow.run("db", "migrate").returncode == 0
        return airflow

    return opened
