"""A span of the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Window:
    """A span of the cursor, UTC: `since` inclusive, `until` exclusive, None for open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no instant lies in it."""
        return self.since is not None and self.until is not None and self.since >= self.until

    def has(self, moment: datetime) -> bool:
        """Whether an instant, UTC, lies in it."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)
