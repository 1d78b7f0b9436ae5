"""The command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence

from benchmarks.contenders import CONTENDERS
from benchmarks.data import rows_named
from benchmarks.plan import PLAN, SCENARIOS

_EXAMPLES = """
examples:
  python -m benchmarks                                      the whole plan; about twenty minutes
  python -m benchmarks --parts small                        everybody, 37,000 rows
  python -m benchmarks --parts latency,latency-peers        two parts of the plan, which one ratio needs
  python -m benchmarks --only ours,limit,script --sizes 37k --print-only    a quick look while you change something
  python -m benchmarks --only ours,limit --sizes 370k --latencies 0,50 --rounds 3
  python -m benchmarks --only ours --scenarios changed,nothing
  python -m benchmarks --render                             write the page again from results that are kept

A run is an own process in an own folder; contenders take turns, and after each run the counts and sums of the
warehouse are compared with the shop's. Results are kept in benchmarks/results/; docs/performance.md shows the latest
of each case, so that a long plan can be run in parts. Ratios only use runs of one call. Exit code 1: a run failed, or
a warehouse of this pipeline is wrong.
"""


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; argparse ends the process where one is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures this pipeline beside its peers and the machine's limit.",
        epilog=_EXAMPLES + _listed(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [part.name for part in PLAN]
    add = parser.add_argument
    add("--parts", type=_some(names), default=[], metavar="NAMES", help="these parts of the plan")
    add("--only", type=_some(CONTENDERS), default=[], metavar="NAMES", help="these contenders")
    add(
        "--sizes",
        type=_all(rows_named),
        default=[],
        metavar="ROWS",
        help="these numbers of rows: 37k,370k,1M",
    )
    add("--latencies", type=_all(int), default=[], metavar="MS", help="these delays of each answer: 0,50,200")
    add("--scenarios", type=_some(SCENARIOS), default=[], metavar="NAMES", help=", ".join(SCENARIOS))
    add("--rounds", type=int, default=None, help="how often; the slow ones run once whatever it is")
    add("--print-only", action="store_true", help="keep no results and leave the page alone")
    add("--render", action="store_true", help="run nothing, write the page from results that are kept")
    return parser.parse_args(arguments)


def _listed() -> str:
    contenders = "".join(f"  {name:18}{item.title}\n" for name, item in CONTENDERS.items())
    parts = "".join(
        f"  {part.name:18}{part.rows:>9,} rows, {part.latency_ms:>3} ms: {', '.join(part.contenders)}\n"
        for part in PLAN
    )
    return f"\ncontenders:\n{contenders}\nparts of the plan:\n{parts}"


def _some(known: Iterable[str]) -> Callable[[str], list[str]]:
    names = list(known)

    def read(text: str) -> list[str]:
        words = text.split(",")
        if wrong := [word for word in words if word not in names]:
            raise argparse.ArgumentTypeError(f"{', '.join(wrong)} is none of {', '.join(names)}")
        return words

    return read


def _all(read: Callable[[str], int]) -> Callable[[str], list[int]]:
    def numbers(text: str) -> list[int]:
        try:
            return [read(word) for word in text.split(",")]
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers") from None

    return numbers
