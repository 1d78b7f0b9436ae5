"""Faults on demand: at which rate each kind shows, and whether this request suffers one."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

VISIBLE = (
    "timeout",
    "reset",
    "truncated",
    "throttle_seconds",
    "throttle_date",
    "throttle_zero",
    "throttle_plain",
    "server_error",
    "html",
    "broken_json",
)
"""Ordinary transient faults: the answer itself shows that it is wrong, and the next one may be right."""


def _rate(text: str) -> float:
    rate: float = field(default=0.0, metadata={"help": text})
    return rate


@dataclass(frozen=True)
class Faults:
    """Share of requests, 0 to 1, that suffer each kind of fault; together at most 1.

    `most_in_a_row` is how often in a row one address may suffer before it is answered properly.
    """

    timeout: float = _rate("the answer comes after `stall_seconds`")
    reset: float = _rate("the connection is closed without an answer")
    truncated: float = _rate("the body ends before its Content-Length")
    throttle_seconds: float = _rate("429 with Retry-After in seconds")
    throttle_date: float = _rate("429 with Retry-After as a date")
    throttle_zero: float = _rate("429 with Retry-After: 0")
    throttle_plain: float = _rate("429 without Retry-After")
    server_error: float = _rate("500, 502 or 503")
    html: float = _rate("an HTML page with status 200")
    broken_json: float = _rate("a body that is not JSON")
    empty_page: float = _rate("an empty list where there are rows, with the true total")
    loop: float = _rate("the reference to the next page leads to the same page")
    lying_total: float = _rate("a total that is wrong by a few, too high or too low")
    expired_token: float = _rate("401 for a token that was valid")
    most_in_a_row: int = 3

    @classmethod
    def of(cls, rates: Mapping[str, float]) -> Faults:
        """Faults by the names of their kinds."""
        values: dict[str, Any] = dict(rates)
        return cls(**values)

    @classmethod
    def mixed(cls, rate: float) -> Faults:
        """The ordinary transient faults (`VISIBLE`) in equal shares that add up to `rate`."""
        return cls.of({kind: rate / len(VISIBLE) for kind in VISIBLE})

    def rates(self) -> dict[str, float]:
        """Kind -> rate, of all kinds."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name in KINDS}


KINDS = tuple(item.name for item in fields(Faults) if item.name != "most_in_a_row")


class FaultDice:
    """Decides which request suffers.

    The n-th request for an address has the same fate with the same seed, whatever other threads ask for.
    """

    def __init__(self, faults: Faults, seed: int) -> None:
        self._rates = {kind: rate for kind, rate in faults.rates().items() if rate > 0}
        self._most = faults.most_in_a_row
        self._seed = seed
        self._asked: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()
        self._lock = threading.Lock()

    def draw(self, address: str) -> tuple[str | None, random.Random]:
        """The fault that a request for this address suffers, if any, and the generator for its details."""
        if not self._rates:
            return None, random.Random(0)
        with self._lock:
            self._asked[address] += 1
            rng = random.Random(f"{self._seed}|{address}|{self._asked[address]}")
            kind = self._kind(rng.random()) if self._in_a_row[address] < self._most else None
            self._in_a_row[address] = self._in_a_row[address] + 1 if kind else 0
        return kind, rng

    def _kind(self, lot: float) -> str | None:
        for kind, rate in self._rates.items():
            lot -= rate
            if lot < 0:
                return kind
        return None
