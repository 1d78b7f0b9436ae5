"""A span of the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Window:
    """A span of the cursor, UTC: `since` inclusive, `until` exclusive, None for open."""

    since: datetime | None = None
    until: datetime | None = None
