"""What is run at which size and delay. The whole plan takes about twenty minutes on two cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.contenders import CONTENDERS
from benchmarks.results import Case

FIRST, CHANGED, NOTHING = "first", "changed", "nothing"
SCENARIOS = (FIRST, CHANGED, NOTHING)
"""A first load; then one row in 100 was changed; then nothing was. Each goes on from the one before."""

ALL = tuple(CONTENDERS)
SERIAL = tuple(name for name, contender in CONTENDERS.items() if contender.serial)
MERGING = tuple(name for name in ("ours", "rest-api-tuned", "script") if name in CONTENDERS)
FAST = tuple(name for name, contender in CONTENDERS.items() if not contender.slow)


@dataclass(frozen=True)
class Part:
    """Contenders that do the same work, run in turn.

    `rounds` is for those that are not slow; the slow ones run once. Contenders outside `merging` only load for the
    first time.
    """

    name: str
    rows: int
    latency_ms: int
    contenders: tuple[str, ...]
    rounds: int = 1
    scenarios: tuple[str, ...] = (FIRST,)
    merging: tuple[str, ...] = MERGING

    def scenarios_of(self, contender: str) -> tuple[str, ...]:
        """What this contender is measured at here."""
        goes_on = contender in self.merging and CONTENDERS[contender].merges
        return self.scenarios if goes_on else self.scenarios[:1]

    def cases(self) -> Iterator[Case]:
        """All that is measured here."""
        for name in self.contenders:
            for scenario in self.scenarios_of(name):
                yield Case(self.rows, self.latency_ms, scenario, name)


PLAN = (
    Part("small", 37_000, 0, ALL),
    Part("main", 370_000, 0, (*FAST, "singer"), rounds=3, scenarios=SCENARIOS),
    Part("latency", 370_000, 50, ("ours", "limit"), rounds=2),
    Part("latency-same", 370_000, 50, ("rest-api-tuned", "script")),
    Part("latency-peers", 37_000, 50, ("ours", *SERIAL)),
    Part("far", 370_000, 200, ("ours", "limit")),
    Part("far-peers", 9_250, 200, ("ours", *SERIAL)),
    Part("large", 1_000_000, 0, ("ours", "limit"), rounds=2),
    Part("huge", 4_000_000, 0, ("ours",)),
)


def cases() -> Iterator[Case]:
    """All that the plan measures."""
    return (case for part in PLAN for case in part.cases())


def chosen(
    parts: Sequence[str],
    only: Sequence[str],
    sizes: Sequence[int],
    latencies: Sequence[int],
    scenarios: Sequence[str],
    rounds: int | None,
) -> list[Part]:
    """The parts to run.

    Without sizes, delays and scenarios: the plan, or the parts of it that are named, less the contenders that are
    not in `only`. With any of them every combination is run, whether the plan has it or not; what is not said is a
    first load of 370,000 rows without delay.
    """
    if sizes or latencies or scenarios:
        done = tuple(name for name in SCENARIOS if name in (scenarios or (FIRST,)))
        found = [
            Part("asked for", rows, latency, ALL, 1, done, ALL)
            for rows in sizes or (370_000,)
            for latency in latencies or (0,)
        ]
    else:
        found = [part for part in PLAN if not parts or part.name in parts]
    kept = [
        replace(
            part,
            contenders=tuple(
                name for name in part.contenders if name in CONTENDERS and (not only or name in only)
            ),
        )
        for part in found
    ]
    return [replace(part, rounds=rounds or part.rounds) for part in kept if part.contenders]
