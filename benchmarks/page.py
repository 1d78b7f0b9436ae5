"""The page of figures, written from results that were kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.contenders import CONTENDERS
from benchmarks.picture import drawn
from benchmarks.plan import SCENARIOS
from benchmarks.results import Case, Invocation, Run, failures, latest, middle
from benchmarks.serving import ROOT
from benchmarks.targets import TARGETS

PAGE = ROOT / "docs" / "performance.md"
TEXT = ROOT / "benchmarks" / "page.md"

SCENARIO_WORDS = {"first": "first load", "changed": "1 % changed", "nothing": "nothing changed"}
MACHINE_WORDS = ("cores", "memory", "processor", "system", "Python")


def write_page(invocations: Sequence[Invocation], page: Path = PAGE) -> Path:
    """Write the page and the picture beside it."""
    figures = latest(invocations)
    text = TEXT.read_text("utf-8")
    for name, lines in {
        "TARGETS": _targets(invocations),
        "FIGURES": _figures(figures),
        "WRONG": _wrong(figures, invocations),
        "MACHINE": _machine(invocations),
        "CONTENDERS": _versions(invocations),
    }.items():
        text = text.replace(f"<!-- {name} -->", "\n".join(lines))
    page.write_text(text, "utf-8")
    page.with_suffix(".svg").write_text(drawn(figures), "utf-8")
    return page


def _targets(invocations: Sequence[Invocation]) -> Iterator[str]:
    yield "| ratio or figure | wanted | measured | |"
    yield "|---|---|---|---|"
    for target in TARGETS:
        value = target.value(invocations)
        shown = "not measured" if value is None else f"{_rounded(value)}{target.unit}"
        verdict = "" if value is None else "met" if target.met(value) else "**missed**"
        yield f"| {target.words} | {target.wanted} | {shown} | {verdict} |"


def _figures(figures: dict[Case, list[Run]]) -> Iterator[str]:
    for rows, latency, scenario in _kinds(figures):
        yield f"\n### {rows:,} rows, {latency} ms, {SCENARIO_WORDS[scenario]}\n"
        yield "| | seconds | CPU seconds | rows/s | peak MB | runs | warehouse |"
        yield "|---|---|---|---|---|---|---|"
        for name in CONTENDERS:
            if runs := figures.get(Case(rows, latency, scenario, name)):
                yield _line(runs)


def _kinds(figures: dict[Case, list[Run]]) -> list[tuple[int, int, str]]:
    """Every size, delay and scenario that was measured; the cases without delay first."""
    found = {(case.rows, case.latency_ms, case.scenario) for case in figures}
    return sorted(found, key=lambda kind: (kind[1], kind[0], SCENARIOS.index(kind[2])))


def _line(runs: list[Run]) -> str:
    wall, moved = middle(runs, lambda run: run.wall_s), runs[0].rows_moved
    cells = (
        CONTENDERS[runs[0].case.contender].title,
        _rounded(wall),
        _rounded(middle(runs, lambda run: run.cpu_s)),
        f"{moved / wall:,.0f}" if moved else "",
        f"{middle(runs, lambda run: run.peak_mb):,.0f}",
        str(len(runs)),
        "**wrong**" if any(run.off for run in runs) else "right",
    )
    return f"| {' | '.join(cells)} |"


def _wrong(figures: dict[Case, list[Run]], invocations: Sequence[Invocation]) -> Iterator[str]:
    """What each warehouse that is wrong has too much or too little, and which runs failed."""
    for case, runs in sorted(figures.items()):
        worst = max(runs, key=lambda run: len(run.off))
        if worst.off:
            yield f"- {_named(case)}: {', '.join(_difference(*item) for item in worst.off.items())}."
    for run in failures(invocations):
        yield f"- {_named(run.case)} failed."


def _named(case: Case) -> str:
    words = f"{case.rows:,} rows, {case.latency_ms} ms, {SCENARIO_WORDS[case.scenario]}"
    return f"{CONTENDERS[case.contender].title} ({words})"


def _difference(name: str, by: int | None) -> str:
    if by is None:
        return f"`{name}` is missing"
    in_cents = name in ("order_totals", "line_amounts")
    return f"`{name}` {by / 100:+,.2f}" if in_cents else f"`{name}` {by:+,}"


def _machine(invocations: Sequence[Invocation]) -> Iterator[str]:
    """What the last call ran on, and when each call that is shown here began."""
    if invocations:
        told = invocations[-1].machine
        yield "; ".join(f"{name} {told[name]}" for name in MACHINE_WORDS if name in told) + "."
        shown = latest(invocations)
        days = {
            item.began[:10] for item in invocations if any(shown.get(c) == r for c, r in item.cases.items())
        }
        yield f"Measured on {', '.join(sorted(days))}."


def _versions(invocations: Sequence[Invocation]) -> Iterator[str]:
    yield "| | made of |"
    yield "|---|---|"
    for name, contender in CONTENDERS.items():
        versions = [item.machine[name] for item in invocations if name in item.machine]
        if versions:
            yield f"| {contender.title} | {versions[-1]} |"


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
