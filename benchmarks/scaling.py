"""How long a backfill takes that nobody has waited for: constants measured at small sizes, checked at larger ones.

`python -m benchmarks.scaling` measures for some minutes and writes the tables of docs/scaling.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.contenders import CONTENDERS, OWN_PYTHON
from benchmarks.measure import Usage, measured
from benchmarks.running import environment_of
from benchmarks.serving import ROOT, ServedShop

PAGE = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
ROWS_OF_A_PAGE = 100
"""As benchmarks/shop.toml says."""

SMALL, MIDDLE, CHECKED = 100_000, 400_000, (1_000_000, 2_000_000)
FAR_MS, FAR_SMALL, FAR_CHECKED = 200, 100_000, 300_000
BILLION = 1_000_000_000

PACKAGES = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
    rows = warehouse.execute(
        "SELECT epoch(inserted_at) FROM ecommerce._dlt_loads WHERE status = 0 ORDER BY load_id"
    ).fetchall()
print(json.dumps([at for (at,) in rows]))
"""


@dataclass(frozen=True)
class Load:
    """A first load of so many rows from a shop that answers after so many milliseconds."""

    rows: int
    latency_ms: float
    seconds: float
    peak_mb: float
    committed_at: list[float]


@dataclass(frozen=True)
class Model:
    """What a backfill costs.

    Attributes:
        start_s: from the command to the first row, and from the last one to the exit.
        row_s: of one row, on one machine: decode, judge, hash, write, merge.
        in_flight: how many requests are under way on average while the shop is slow.
    """

    start_s: float
    row_s: float
    in_flight: float

    def seconds(self, rows: int, latency_ms: float = 0, requests_per_s: float = 0, page: int = 0) -> float:
        """How long it takes: the work of the machine, or the waiting for the shop, whichever is longer.

        Args:
            rows: to be read.
            latency_ms: of one answer.
            requests_per_s: that the shop allows; 0 for any.
            page: rows of a page.
        """
        requests = rows / (page or ROWS_OF_A_PAGE)
        waiting = requests * latency_ms / 1000 / self.in_flight
        allowed = requests / requests_per_s if requests_per_s else 0
        return self.start_s + max(rows * self.row_s, waiting, allowed)


def main() -> None:
    """Measure, fit, check, write."""
    argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__).parse_args()
    small, middle = _load(SMALL), _load(MIDDLE)
    far = _load(FAR_SMALL, FAR_MS)
    row_s = (middle.seconds - small.seconds) / (middle.rows - small.rows)
    start_s = small.seconds - small.rows * row_s
    waited = far.rows / ROWS_OF_A_PAGE * far.latency_ms / 1000
    model = Model(start_s, row_s, waited / (far.seconds - start_s))
    checked = [*(_load(rows) for rows in CHECKED), _load(FAR_CHECKED, FAR_MS)]
    text = "\n".join([*_constants(model), *_checks(model, [small, middle, far], checked), *_billion(model)])
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{text}\n{END}{rest.partition(END)[2]}", "utf-8")


def _load(rows: int, latency_ms: float = 0) -> Load:
    ours = CONTENDERS["ours"]
    with tempfile.TemporaryDirectory(prefix="scaling-") as name, ServedShop(rows, latency_ms) as shop:
        folder = Path(name)
        ours.prepare(folder)
        env = environment_of(ours, shop.address)
        usage: Usage = measured(ours.command(shop.address), folder, env, folder / "output.txt")
        if usage.exit_code:
            raise SystemExit((folder / "output.txt").read_text("utf-8", "replace"))
        asked = [str(OWN_PYTHON), "-c", PACKAGES, str(folder / ours.database)]
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    load = Load(rows, latency_ms, usage.wall_s, usage.peak_mb, json.loads(told))
    print(
        f"{rows:>12,} rows, {latency_ms:>4.0f} ms: {load.seconds:7.1f} s, {load.peak_mb:5.0f} MB", flush=True
    )
    return load


def _constants(model: Model) -> list[str]:
    return [
        "| constant | measured |",
        "|---|---|",
        f"| start and end of a run | {model.start_s:.1f} s |",
        f"| one row on one machine | {model.row_s * 1e6:.1f} µs, {1 / model.row_s:,.0f} rows a second |",
        f"| requests under way at {FAR_MS} ms, 32 allowed | {model.in_flight:.1f} |",
        "",
    ]


def _checks(model: Model, fitted: list[Load], checked: list[Load]) -> list[str]:
    lines = [
        "| rows | answers after | measured | the model says | off | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    for load in (*fitted, *checked):
        said = model.seconds(load.rows, load.latency_ms)
        off = "fitted" if load in fitted else f"{100 * (said / load.seconds - 1):+.0f} %"
        lines.append(
            f"| {load.rows:,} | {load.latency_ms:.0f} ms | {load.seconds:.1f} s | {said:.1f} s | {off} |"
            f" {load.peak_mb:.0f} MB |"
        )
    largest = max(checked, key=lambda load: load.rows)
    spans = [after - before for before, after in pairwise(largest.committed_at)]
    third = max(1, len(spans) // 3)
    first, last = (sum(part) / len(part) for part in (spans[:third], spans[-third:]))
    return [
        *lines,
        "",
        f"The load of {largest.rows:,} rows was committed in {len(spans) + 1} packages. In the first third one came"
        f" {first:.1f} s after the other, in the last third, into a full table, {last:.1f} s.",
        "",
    ]


def _billion(model: Model) -> list[str]:
    lines = ["| a billion rows | 100 rows a page | 250 rows a page |", "|---|---|---|"]
    cases: tuple[tuple[str, float, float], ...] = (
        ("a shop that costs nothing", 0, 0),
        ("answers after 50 ms", 50, 0),
        ("answers after 200 ms", 200, 0),
        ("40 requests a second allowed", 50, 40),
        ("2 requests a second allowed", 50, 2),
    )
    for words, latency_ms, allowed in cases:
        hours = [model.seconds(BILLION, latency_ms, allowed, page) / 3600 for page in (100, 250)]
        lines.append(f"| {words} | {' | '.join(_span(each) for each in hours)} |")
    return lines


def _span(hours: float) -> str:
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


if __name__ == "__main__":
    main()
