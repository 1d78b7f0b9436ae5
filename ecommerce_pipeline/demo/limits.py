"""A rate limit with the usual headers."""

from __future__ import annotations

import math
import threading
import time

from ecommerce_pipeline.demo.answer import RefusedError


class RateLimit:
    """So many requests per window of one second, or a longer one where not even one would fit in."""

    def __init__(self, per_second: float | None) -> None:
        self._per_second = per_second
        self._window = max(1.0, 1 / per_second) if per_second else 1.0
        self._allowed = max(1, int(per_second * self._window)) if per_second else 0
        self._lock = threading.Lock()
        self._opened = -math.inf
        self._used = 0

    def admit(self) -> dict[str, str]:
        """Count a request; returns the headers of its answer, none without a limit.

        Raises:
            RefusedError: 429 with Retry-After, the window is used up.
        """
        if self._per_second is None:
            return {}
        with self._lock:
            now = time.monotonic()
            if now - self._opened >= self._window:
                self._opened, self._used = now, 0
            self._used += 1
            left = self._allowed - self._used
            reset = str(math.ceil(self._opened + self._window - now))
        headers = {
            "X-RateLimit-Limit": str(self._allowed),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": reset,
        }
        if left < 0:
            raise RefusedError(429, "too_many_requests", "Slow down.", {**headers, "Retry-After": reset})
        return headers
