"""How fast the shop is asked: a fixed pace, and pauses where the shop says that little is left."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping

from ecommerce_pipeline.shop.profile import Pacing

SHORT_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 120.0


class Pacer:
    """Holds requests back; safe to share between threads.

    Args:
        pacing: the profile's declaration.
        monotonic: seconds of a clock that never goes back.
        epoch: seconds since 1970 of the wall clock, for reset headers that hold an instant.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        pacing: Pacing,
        monotonic: Callable[[], float],
        epoch: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._pacing = pacing
        self._monotonic = monotonic
        self._epoch = epoch
        self._sleep = sleep
        self._lock = threading.Lock()
        self._not_before = 0.0

    def wait(self) -> None:
        """Return when the next request may start."""
        interval = 1 / self._pacing.requests_per_second if self._pacing.requests_per_second else 0.0
        with self._lock:
            start = max(self._monotonic(), self._not_before)
            self._not_before = start + interval
            pause = start - self._monotonic()
        if pause > 0:
            self._sleep(pause)

    def learn(self, headers: Mapping[str, str], under_way: int = 0) -> bool:
        """Take note of the rate headers of an answer; returns whether they say that nothing is left.

        Args:
            headers: of the answer.
            under_way: how many other requests the shop may not have counted yet.
        """
        exhausted = self._exhausted(headers, under_way)
        if exhausted:
            self.hold(self._pause(headers))
        return exhausted

    def hold(self, seconds: float) -> None:
        """No request may start for so long."""
        with self._lock:
            self._not_before = max(self._not_before, self._monotonic() + seconds)

    def _exhausted(self, headers: Mapping[str, str], under_way: int) -> bool:
        remaining = _number(headers.get(self._pacing.remaining_header or "", ""))
        if remaining is not None:
            return remaining - under_way < 1
        used, _, limit = headers.get(self._pacing.used_header or "", "").partition("/")
        spent, allowed = _number(used), _number(limit)
        return spent is not None and allowed is not None and spent + under_way >= allowed - 1

    def _pause(self, headers: Mapping[str, str]) -> float:
        value = _number(headers.get(self._pacing.reset_header or "", ""))
        if value is None:
            return SHORT_PAUSE_SECONDS
        unit = self._pacing.reset_unit
        seconds = value - self._epoch() if unit == "unix" else value / (1000 if unit == "milliseconds" else 1)
        return min(max(seconds, 0.0), LONGEST_PAUSE_SECONDS)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
