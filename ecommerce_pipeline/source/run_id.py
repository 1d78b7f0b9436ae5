"""The id of a run: when it began, and what tells it from others of the same second."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

_BEGAN = "%Y%m%dT%H%M%S"
_LENGTH = len("20260131T080000")


def new_run_id(started_at: datetime) -> str:
    """An id for a run that begins at an instant, UTC."""
    return f"{started_at.strftime(_BEGAN)}-{secrets.token_hex(3)}"


def began_at(run_id: str) -> datetime | None:
    """When a run began, UTC; None for what is no id of a run."""
    try:
        return datetime.strptime(run_id[:_LENGTH], _BEGAN).replace(tzinfo=UTC)
    except ValueError:
        return None
