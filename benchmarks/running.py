"""The runs: contenders take turns, each in a folder of its own, and every warehouse is compared with the truth."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.contenders import CONTENDERS, Contender, check_command
from benchmarks.measure import measured
from benchmarks.plan import CHANGED, FIRST, SCENARIOS, Part
from benchmarks.results import Case, Run
from benchmarks.serving import ServedShop

WORDS_OF_A_FAILURE = 300
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")

Tell = Callable[[Run], None]


def run_part(part: Part, tell: Tell) -> list[Run]:
    """Run everything of a part.

    Args:
        part: what to run.
        tell: is told of each run when it is done.
    """
    runs: list[Run] = []
    with ServedShop(part.rows, part.latency_ms) as shop:
        for turn in range(part.rounds):
            for name in part.contenders:
                if turn == 0 or not CONTENDERS[name].slow:
                    for run in _chain(part, CONTENDERS[name], shop):
                        runs.append(run)
                        tell(run)
    return runs


def _chain(part: Part, contender: Contender, shop: ServedShop) -> Iterator[Run]:
    """A contender's scenarios one after the other, each going on with the warehouse of the one before."""
    wanted = part.scenarios_of(contender.name)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        contender.prepare(folder)
        for scenario in SCENARIOS[: SCENARIOS.index(wanted[-1]) + 1]:
            shop.turn_to(0 if scenario == FIRST else 1)
            run = _run(Case(part.rows, part.latency_ms, scenario, contender.name), contender, shop, folder)
            if scenario in wanted or run.failure:
                yield run
            if run.failure:
                return


def _run(case: Case, contender: Contender, shop: ServedShop, folder: Path) -> Run:
    output = folder / "output.txt"
    usage = measured(contender.command(shop.address), folder, environment_of(contender, shop.address), output)
    failure = ""
    if usage.exit_code:
        words = " ".join(output.read_text("utf-8", errors="replace").split())
        failure = f"exit code {usage.exit_code}: {words[-WORDS_OF_A_FAILURE:]}"
    moved = {FIRST: case.rows, CHANGED: case.rows // 100}.get(case.scenario, 0)
    off = {} if failure else _differences(check_command(contender, folder), shop.truth)
    return Run(case, usage.wall_s, usage.cpu_s, usage.peak_mb, moved, off, failure)


def environment_of(contender: Contender, address: str) -> dict[str, str]:
    """No setting of the person who measures reaches a contender."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    commands = f"{contender.python.parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
    return {**inherited, "PATH": commands, "RUNTIME__DLTHUB_TELEMETRY": "false", **contender.env(address)}


def _differences(command: list[str], truth: dict[str, int]) -> dict[str, int | None]:
    """How much each figure of a warehouse is above the truth; None where it has no such table."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, int | None] = json.loads(done.stdout)
    return {
        name: None if found[name] is None else (found[name] or 0) - expected
        for name, expected in truth.items()
        if found[name] != expected
    }
