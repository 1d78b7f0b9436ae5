"""`python -m benchmarks`: run, print, keep, and write the page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.machine import described
from benchmarks.options import parsed
from benchmarks.page import write_page
from benchmarks.plan import PLAN, Part, cases, chosen
from benchmarks.results import Invocation, Run, latest, saved
from benchmarks.running import run_part


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says.

    Returns:
        0 when every run ended well and this pipeline's warehouses hold the truth, 1 otherwise, 2 where a
        contender's environment is missing. A peer that is wrong is a finding and stands on the page.
    """
    options = parsed(arguments)
    runs: list[Run] = []
    if not options.render:
        parts = chosen(
            options.parts, options.only, options.sizes, options.latencies, options.scenarios, options.rounds
        )
        if missing := _missing(parts):
            print(f"error: {missing}", file=sys.stderr)
            return 2
        runs = _run(parts, keep=not options.print_only)
    if not options.print_only and not _page(options.render):
        return 2
    return 1 if any(run.failure or (run.off and run.case.contender in OURS) for run in runs) else 0


def _page(asked_for: bool) -> bool:
    """Write the page, where all that it shows was measured on this machine; whether what was asked for is done."""
    kept = saved()
    if absent := set(cases()) - latest(kept).keys():
        parts = ", ".join(sorted({part.name for part in PLAN if set(part.cases()) & absent}))
        print(
            f"docs/performance.md stays as it is: it shows the whole plan, and {len(absent)} cases of it were not"
            f" measured here, in {parts}. `make bench` measures all, or name these by --parts.",
            file=sys.stderr,
        )
        return not asked_for
    print(f"written: {write_page(kept)}")
    return True


def _run(parts: Sequence[Part], keep: bool) -> list[Run]:
    """Run all parts; what is done is kept even if a later part is interrupted."""
    began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    names = {name: None for part in parts for name in part.contenders}
    done = Invocation(began, described(names), [])
    for part in parts:
        print(f"\n{part.name}: {part.rows:,} rows, {part.latency_ms} ms\n{_HEAD}", flush=True)
        done.runs.extend(run_part(part, _tell))
        if keep:
            done.save()
    return done.runs


def _missing(parts: Sequence[Part]) -> str:
    used = {name for part in parts for name in part.contenders}
    absent = sorted(name for name in used if not CONTENDERS[name].python.exists())
    return (
        f"{', '.join(absent)}: no environment; `make bench` makes it, or leave it out by --only"
        if absent
        else ""
    )


_HEAD = f"{'':18}{'scenario':10}{'wall s':>9}{'CPU s':>9}{'rows/s':>10}{'peak MB':>9}"


def _tell(run: Run) -> None:
    rate = f"{run.rows_moved / run.wall_s:,.0f}" if run.rows_moved else ""
    figures = f"{run.wall_s:9.2f}{run.cpu_s:9.2f}{rate:>10}{run.peak_mb:9,.0f}"
    verdict = run.failure or ", ".join(f"{name} {_off(by)}" for name, by in run.off.items())
    print(f"{run.case.contender:18}{run.case.scenario:10}{figures}  {verdict or 'right'}", flush=True)


def _off(by: int | None) -> str:
    return "missing" if by is None else f"{by:+,}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # what is done is kept already
        sys.exit(130)
