"""Lists of the shop that bring nothing new, or too much that is rejected: from views of the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dlt

from ecommerce_pipeline.alerts.event import Finding, Member, instant, shown
from ecommerce_pipeline.alerts.kinds import REJECTED, STALE
from ecommerce_pipeline.alerts.rows import rows_of

STALE_COLUMNS = ("resource", "stale_kind", "last_run_at", "last_new_row_at", "longest_gap_hours")
REJECTED_COLUMNS = (
    "resource",
    "rejected",
    "loaded",
    "rejected_share",
    "usual_share",
    "limit_share",
    "finished_at",
)


def stale_lists(pipeline: dlt.Pipeline, schema: str) -> list[Finding]:
    """Lists that were not read, or brought nothing new, for longer than usual; nothing where the models are not built.

    Args:
        pipeline: knows the warehouse.
        schema: of the view.
    """
    found = rows_of(pipeline, schema, "stale_sources", STALE_COLUMNS, "ORDER BY resource")
    return [] if found is None else [Finding(STALE, tuple(map(_stale, found)))]


def rejected_lists(pipeline: dlt.Pipeline, schema: str) -> list[Finding]:
    """Lists of whose last records more were rejected than is allowed; likewise."""
    found = rows_of(pipeline, schema, "rejection_spike", REJECTED_COLUMNS, "ORDER BY rejected_share DESC")
    return [] if found is None else [Finding(REJECTED, tuple(map(_rejected, found)))]


def _stale(row: Mapping[str, Any]) -> Member:
    last_run, last_new_row = row["last_run_at"], row["last_new_row_at"]
    gap = "" if row["longest_gap_hours"] is None else f"{row['longest_gap_hours']:.1f} h"
    began = last_run if row["stale_kind"] == "no run went well" else last_new_row
    return Member(
        row["resource"],
        instant(began or last_run),
        (row["resource"], row["stale_kind"], shown(last_run), shown(last_new_row), gap),
    )


def _rejected(row: Mapping[str, Any]) -> Member:
    shares = (row["rejected_share"], row["usual_share"], row["limit_share"])
    counts = (f"{int(row['rejected']):,}", f"{int(row['loaded']):,}")
    cells = (row["resource"], *counts, *map(_percent, shares), shown(row["finished_at"]))
    return Member(row["resource"], instant(row["finished_at"]), cells)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{float(share):.1%}"
