"""What the figures have to be, and whether they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.contenders import CONTENDERS
from benchmarks.plan import CHANGED, FIRST, NOTHING, SERIAL
from benchmarks.results import Case, Invocation, Run, middle

MAIN, LARGE, HUGE, SMALL = 370_000, 1_000_000, 4_000_000, 37_000

Figures = dict[Case, list[Run]]


@dataclass(frozen=True)
class Target:
    """A bound of one figure, which is worked out of the cases of one invocation."""

    words: str
    bound: float
    kind: Literal["at least", "at most", "below"]
    unit: str
    cases: tuple[Case, ...]
    figure: Callable[[Sequence[list[Run]]], float]

    def value(self, invocations: Iterable[Invocation]) -> float | None:
        """The figure in the last invocation that has all its cases, None where there is none."""
        found = None
        for invocation in invocations:
            cases = invocation.cases
            if all(case in cases for case in self.cases):
                found = self.figure([cases[case] for case in self.cases])
        return found

    def met(self, value: float) -> bool:
        """Whether a value is within the bound."""
        return {"at least": value >= self.bound, "at most": value <= self.bound, "below": value < self.bound}[
            self.kind
        ]

    @property
    def wanted(self) -> str:
        """The bound as people read it."""
        return f"{self.kind} {self.bound:g}{self.unit}"


def _seconds_per_row(runs: list[Run]) -> float:
    return middle(runs, lambda run: run.wall_s / run.rows_moved)


def _ratio(sides: Sequence[list[Run]]) -> float:
    above, below = sides
    return _seconds_per_row(above) / _seconds_per_row(below)


def _peak(sides: Sequence[list[Run]]) -> float:
    return max(middle(runs, lambda run: run.peak_mb) for runs in sides)


def _spread(sides: Sequence[list[Run]]) -> float:
    peaks = [middle(runs, lambda run: run.peak_mb) for runs in sides]
    return max(peaks) / min(peaks)


def _seconds(sides: Sequence[list[Run]]) -> float:
    return middle(sides[0], lambda run: run.wall_s)


def _first(contender: str, rows: int = MAIN, latency_ms: int = 0) -> Case:
    return Case(rows, latency_ms, FIRST, contender)


def _ours(scenario: str) -> Case:
    return Case(MAIN, 0, scenario, "ours")


def _beside(above: str, below: str, bound: float, kind: Literal["at least", "at most"], rows: int) -> Target:
    words = f"{CONTENDERS[above].title} / {CONTENDERS[below].title}, {rows:,} rows"
    return Target(words, bound, kind, "", (_first(above, rows), _first(below, rows)), _ratio)


def _serial(peer: str) -> Target:
    words = f"{CONTENDERS[peer].title}, {SMALL:,} rows / this pipeline, {MAIN:,} rows, time per row, 50 ms"
    return Target(words, 12, "at least", "", (_first(peer, SMALL, 50), _first("ours", MAIN, 50)), _ratio)


TARGETS = (
    _beside("rest-api-tuned", "ours", 4, "at least", MAIN),
    _beside("script", "ours", 1.7, "at least", MAIN),
    _beside("ours", "limit", 3.5, "at most", MAIN),
    _beside("ours", "limit", 3, "at most", LARGE),
    *(_serial(peer) for peer in SERIAL),
    Target(
        f"this pipeline / {CONTENDERS['limit'].title}, 50 ms, {MAIN:,} rows",
        2,
        "at most",
        "",
        (_first("ours", MAIN, 50), _first("limit", MAIN, 50)),
        _ratio,
    ),
    Target(f"peak memory of this pipeline, {MAIN:,} rows", 600, "below", " MB", (_first("ours"),), _peak),
    Target(
        f"peak memory of this pipeline, {HUGE:,} rows", 600, "below", " MB", (_first("ours", HUGE),), _peak
    ),
    Target(
        "the larger of these two peaks / the smaller",
        1.2,
        "at most",
        "",
        (_first("ours"), _first("ours", HUGE)),
        _spread,
    ),
    Target(
        f"this pipeline, nothing new after {MAIN:,} rows", 2.5, "below", " s", (_ours(NOTHING),), _seconds
    ),
    Target(f"this pipeline, 1 % of {MAIN:,} rows changed", 4, "below", " s", (_ours(CHANGED),), _seconds),
)
