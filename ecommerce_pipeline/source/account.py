"""The account of a run: fetched = loaded + rejected + repeated, for each resource."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

State = Literal["loaded", "nothing_new", "unfinished", "failed", "swept"]
WENT_WELL: tuple[State, ...] = ("loaded", "nothing_new", "unfinished")
"""States of a list that was read, as far as the run has come."""


@dataclass
class ResourceAccount:
    """What became of every row of one resource in one run.

    `loaded` counts versions of rows handed to the warehouse: a row that is edited while pages are read
    may be fetched in two versions and counts twice; the merge keeps the newer. `repeated` counts rows
    that came again unchanged, or in a version older than one already known. `deleted` counts those of the
    loaded that the shop lists as deleted; of a sweep, the rows that it has marked.
    """

    resource: str
    since: datetime | None = None
    until: datetime | None = None
    pages: int = 0
    fetched: int = 0
    loaded: int = 0
    deleted: int = 0
    repeated: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    rejected_rows: int = 0
    first_reason: str = ""
    retries: Counter[str] = field(default_factory=Counter)
    cursor_before: datetime | None = None
    cursor_after: datetime | None = None
    extract_seconds: float = 0.0
    committed_loaded: int = 0
    committed_rejected: int = 0
    state: State = "failed"

    def commit(self) -> None:
        """Note that all that was fetched so far is in the warehouse."""
        self.committed_loaded, self.committed_rejected = self.loaded, self.rejected_rows

    @property
    def uncommitted(self) -> int:
        """How many rows were handed on since the last commit."""
        return self.loaded - self.committed_loaded

    @property
    def balanced(self) -> bool:
        """Whether every fetched row is accounted for."""
        return self.fetched == self.loaded + self.rejected_rows + self.repeated

    @property
    def changed(self) -> bool:
        """Whether there is anything that the warehouse does not have yet."""
        return bool(self.loaded or self.rejected_rows)

    @property
    def outcome(self) -> State:
        """The state of an account whose run went well."""
        return "loaded" if self.changed else "nothing_new"

    def row(self, run_id: str, shop: str, started_at: datetime, finished_at: datetime) -> dict[str, Any]:
        """The account as a row of `pipeline_runs`; counts by kind are JSON objects as text.

        The seconds of the later stages are written once they are known. Of a failed run only what its last checkpoint
        had was loaded or kept in the quarantine: the rest is read again.
        """
        failed = self.state == "failed"
        return {
            "run_id": run_id,
            "resource": self.resource,
            "shop": shop,
            "state": self.state,
            "started_at": started_at,
            "finished_at": finished_at,
            "window_since": self.since,
            "window_until": self.until,
            "pages": self.pages,
            "fetched": self.fetched,
            "loaded": self.committed_loaded if failed else self.loaded,
            "rejected": self.committed_rejected if failed else self.rejected_rows,
            "repeated": self.repeated,
            "deleted": self.deleted,
            "rejected_by_rule": json.dumps(self.rejected, sort_keys=True),
            "retries": self.retries.total(),
            "retries_by_kind": json.dumps(self.retries, sort_keys=True),
            "extract_seconds": round(self.extract_seconds, 3),
            "normalize_seconds": None,
            "load_seconds": None,
            "cursor_before": self.cursor_before,
            "cursor_after": self.cursor_after,
        }


def _hint(name: str, data_type: str, nullable: bool = True) -> dict[str, Any]:
    hint = {"name": name, "data_type": data_type, "nullable": nullable}
    return {**hint, "timezone": True, "precision": 6} if data_type == "timestamp" else hint


TEXTS = ("shop", "state", "rejected_by_rule", "retries_by_kind")
INSTANTS = ("started_at", "finished_at", "window_since", "window_until", "cursor_before", "cursor_after")
COUNTS = ("pages", "fetched", "loaded", "rejected", "repeated", "deleted", "retries")
SECONDS = ("extract_seconds", "normalize_seconds", "load_seconds")

RUN_COLUMNS: dict[str, dict[str, Any]] = {
    **{name: _hint(name, "text", nullable=False) for name in ("run_id", "resource")},
    **{name: _hint(name, "text") for name in TEXTS},
    **{name: _hint(name, "timestamp") for name in INSTANTS},
    **{name: _hint(name, "bigint") for name in COUNTS},
    **{name: _hint(name, "double") for name in SECONDS},
}
"""Columns of `pipeline_runs`, one row per run and resource."""
