"""What was measured, as kept in `benchmarks/results/` and as the page shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.serving import ROOT

FOLDER = ROOT / "benchmarks" / "results"


@dataclass(frozen=True, order=True)
class Case:
    """What is measured: one contender's work at one size and delay."""

    rows: int
    latency_ms: int
    scenario: str
    contender: str


@dataclass(frozen=True)
class Run:
    """One run of a case. `off` tells by how much which figure of the warehouse differs from the shop's truth."""

    case: Case
    wall_s: float
    cpu_s: float
    peak_mb: float
    rows_moved: int
    off: dict[str, int | None] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True)
class Invocation:
    """The runs of one call of the command, on one machine."""

    began: str
    machine: dict[str, str]
    runs: list[Run]

    def save(self, folder: Path = FOLDER) -> Path:
        """Write it to a file of its own, named after its beginning."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.began.replace(':', '').replace('-', '')}.json"
        file.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        return file

    @property
    def cases(self) -> dict[Case, list[Run]]:
        """The runs of each case that did not fail."""
        found: dict[Case, list[Run]] = {}
        for run in self.runs:
            if not run.failure:
                found.setdefault(run.case, []).append(run)
        return found


def saved(folder: Path = FOLDER) -> list[Invocation]:
    """All invocations that were kept, oldest first."""
    return [_invocation(json.loads(file.read_text("utf-8"))) for file in sorted(folder.glob("*.json"))]


def _invocation(read: dict[str, Any]) -> Invocation:
    runs = [Run(**{**run, "case": Case(**run["case"])}) for run in read["runs"]]
    return Invocation(read["began"], read["machine"], runs)


def latest(invocations: Iterable[Invocation]) -> dict[Case, list[Run]]:
    """The runs of each case in the last invocation that had it."""
    found: dict[Case, list[Run]] = {}
    for invocation in invocations:
        found |= invocation.cases
    return found


def failures(invocations: Iterable[Invocation]) -> Iterator[Run]:
    """Runs that failed and that no later invocation has shown to work."""
    found: dict[Case, list[Run]] = {}
    for invocation in invocations:
        found |= {run.case: [] for run in invocation.runs}
        for run in invocation.runs:
            found[run.case] += [run] if run.failure else []
    return chain.from_iterable(found.values())


def middle(runs: Iterable[Run], figure: Callable[[Run], float]) -> float:
    """The median of a figure over runs."""
    return median(figure(run) for run in runs)
