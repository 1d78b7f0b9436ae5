"""dbt as a child process: it keeps the memory and the open files that it takes to itself, and may live in another
virtual environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecommerce_pipeline.errors import ModelsFailed

PROJECT = Path(__file__).parent
"""The folder of the dbt project."""

WELL = ("success", "pass", "no-op")
KINDS = {"model": "models", "snapshot": "snapshots", "test": "tests", "unit_test": "tests"}

DIES_WITH_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: man 2 prctl
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""

ENDED = (0, 1)
"""Exit codes of a dbt that came to its end, well or with failures; any other means that it was stopped on the way
(https://docs.getdbt.com/reference/exit-codes).
"""

Told = Callable[[str], None]


@dataclass(frozen=True)
class Node:
    """What became of one model, snapshot or test.

    Attributes:
        unique_id: as dbt tells it from all others.
        kind: `models`, `snapshots` or `tests`.
        name: as it is called in the project.
        status: dbt's word for it.
        message: what the warehouse said, its first line.
        seconds: how long it took.
    """

    unique_id: str
    kind: str
    name: str
    status: str
    message: str
    seconds: float

    @property
    def well(self) -> bool:
        """Whether it is as it shall be."""
        return self.status in WELL


class Dbt:
    """dbt on our project.

    Args:
        command: the executable.
        folder: for what it writes; made if it is not there.
        variables: of the environment, beside ours.
    """

    def __init__(self, command: Path, folder: Path, variables: Mapping[str, str]) -> None:
        self._command = command
        self._folder = folder
        self._variables = variables
        self._stopped = False

    def run(self, arguments: Sequence[str], told: Told = lambda what: None) -> list[Node]:
        """Run a command of dbt's and wait for its end.

        Args:
            arguments: the command and its options.
            told: gets what is being done, for example `7 of 30: fct_orders`.

        Returns:
            the results in dbt's order; tests among them whose model failed are skipped.

        Raises:
            ModelsFailed: dbt ended before it came to the first model.
        """
        results = self._folder / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        said = self._wait(self._full(arguments), told)
        if self._stopped or not results.exists():
            said = said or "dbt was stopped on the way."
            raise ModelsFailed(
                f"The models were not built to the end: {said} The rows are loaded; when that is mended run `python"
                f" pipelines.py build`. All that dbt said stands in {self._folder / 'logs'}."
            )
        return [_node(found) for found in json.loads(results.read_text("utf-8"))["results"]]

    def document(self, told_to_models: Mapping[str, float]) -> Path:
        """Describe the models and what they are made of; gives the page, which needs nothing beside it.

        Raises:
            ModelsFailed: dbt could not read the models or the warehouse.
        """
        page = self._folder / "target" / "static_index.html"
        page.unlink(missing_ok=True)
        arguments = ["docs", "generate", "--static", "--vars", json.dumps(told_to_models)]
        said = self._wait(self._full(arguments), lambda what: None)
        if not page.exists():
            raise ModelsFailed(f"The models were not described: {said or 'dbt ended without a word'}")
        return page

    def parse(self, told_to_models: Mapping[str, float]) -> Path:
        """Read the project, without a warehouse; gives the file in which dbt describes it.

        Raises:
            ModelsFailed: dbt could not read the models.
        """
        manifest = self._folder / "target" / "manifest.json"
        manifest.unlink(missing_ok=True)
        said = self._wait(self._full(["parse", "--vars", json.dumps(told_to_models)]), lambda what: None)
        if not manifest.exists():
            raise ModelsFailed(f"The models were not read: {said or 'dbt ended without a word'}")
        return manifest

    def _full(self, arguments: Sequence[str]) -> list[str]:
        self._folder.mkdir(parents=True, exist_ok=True)
        places = {
            "--project-dir": PROJECT,
            "--profiles-dir": PROJECT,
            "--target-path": self._folder / "target",
            "--log-path": self._folder / "logs",
        }
        options = [str(part) for pair in places.items() for part in pair]
        logs = ["--log-format", "json", "--log-format-file", "text", "--no-use-colors"]
        return [*_dying_with_us(), str(self._command), *arguments, *options, *logs]

    def _wait(self, command: list[str], told: Told) -> str:
        """Until dbt ends; gives the last error that it told."""
        last = ""
        with subprocess.Popen(  # noqa: S603  # our own environment's command
            command,
            env={**_environment(), **self._variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as child:
            try:
                for line in child.stdout or ():
                    event = _event(line)
                    last = _error(event) or last
                    if what := _progress(event):
                        told(what)
            except BaseException:  # a person stops us: dbt must not go on and hold the warehouse
                child.terminate()
                raise
            self._stopped = child.wait() not in ENDED
        return last


def _environment() -> dict[str, str]:
    """Ours without the settings of the load, of which dbt needs none and some are secrets."""
    return {name: value for name, value in os.environ.items() if "__" not in name.strip("_")}


def _dying_with_us() -> list[str]:
    """What starts a command so that it is killed with this process, where the system can do that: otherwise a run that
    is killed would leave dbt at work beside the next one.
    """
    return [sys.executable, "-c", DIES_WITH_PARENT, str(os.getpid())] if sys.platform == "linux" else []


def _event(line: str) -> Mapping[str, Any]:
    try:
        event: Mapping[str, Any] = json.loads(line)
    except ValueError:
        return {"info": {"level": "error", "msg": line}}
    return event


def _error(event: Mapping[str, Any]) -> str:
    info = event.get("info", {})
    lines = [line.strip() for line in str(info.get("msg", "")).splitlines() if line.strip()]
    if info.get("level") != "error" or not lines:
        return ""
    said = lines[-1:] if lines[0].startswith("Traceback") else lines[:4]
    return f"{' '.join(said).rstrip('.')}."


def _progress(event: Mapping[str, Any]) -> str:
    data = event.get("data", {})
    name = data.get("node_info", {}).get("node_name")
    return f"{data['index']} of {data['total']}: {name}" if name and data.get("total") else ""


def _node(found: Mapping[str, Any]) -> Node:
    kind, _, name = found["unique_id"].split(".", 2)
    lines = str(found.get("message") or "").strip().splitlines()
    return Node(
        found["unique_id"],
        KINDS.get(kind, kind),
        _short(kind, name),
        found["status"],
        " ".join(lines[:3]),
        found["execution_time"],
    )


def _short(kind: str, name: str) -> str:
    """Generic tests end with a hash."""
    head, _, tail = name.rpartition(".")
    return head if kind == "test" and len(tail) == len("0123456789") else name
