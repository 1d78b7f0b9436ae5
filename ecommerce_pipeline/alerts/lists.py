"""Lists of the shop that bring nothing new, or too much that is rejected: from views of the models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import dlt

from ecommerce_pipeline.alerts.event import Finding, Member, instant, shown
from ecommerce_pipeline.alerts.kinds import REJECTED, STALE
from ecommerce_pipeline.alerts.rows import rows_of
from ecommerce_pipeline.load.journal import Journal
from ecommerce_pipeline.source.account import WENT_WELL

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


NO_RUN, NO_ROWS = "no run went well", "no new rows"
"""Words of the view."""


def stale_lists(
    pipeline: dlt.Pipeline, schema: str, stale_after_hours: float, now: datetime
) -> list[Finding]:
    """Lists that were not read, or brought nothing new, for longer than usual; nothing where the models are not built.

    The view knows no run that found nothing new since something was loaded: its account waits in this folder.

    Args:
        pipeline: knows the warehouse.
        schema: of the view.
        stale_after_hours: how long a list may stay away.
        now: the present instant, UTC.
    """
    found = rows_of(pipeline, schema, "stale_sources", STALE_COLUMNS, "ORDER BY resource")
    if found is None:
        return []
    waiting = _runs_waiting(pipeline) if found else {}
    rows = (
        _corrected(row, waiting.get(row["resource"]), timedelta(hours=stale_after_hours), now)
        for row in found
    )
    return [Finding(STALE, tuple(_stale(row) for row in rows if row))]


def _runs_waiting(pipeline: dlt.Pipeline) -> dict[str, datetime]:
    """When the newest run that went well ended, by resource, among those whose accounts wait in this folder."""
    newest: dict[str, datetime] = {}
    for row in Journal(pipeline).waiting():
        if row.get("state") in WENT_WELL and row.get("finished_at"):
            ended, name = instant(row["finished_at"]), row["resource"]
            newest[name] = max(ended, newest.get(name, ended))
    return newest


def _corrected(
    row: dict[str, Any], run_at: datetime | None, patience: timedelta, now: datetime
) -> dict[str, Any] | None:
    """A row of the view with a run that it does not know; None where nothing stays away then."""
    if run_at is None or run_at <= instant(row["last_run_at"]):
        return row
    row = row | {"last_run_at": run_at}
    if row["stale_kind"] != NO_RUN or now - run_at > patience:
        return row
    allowed = max(patience, timedelta(hours=2 * (row["longest_gap_hours"] or 0)))
    if row["last_new_row_at"] is None or now - instant(row["last_new_row_at"]) <= allowed:
        return None
    return row | {"stale_kind": NO_ROWS}


def rejected_lists(pipeline: dlt.Pipeline, schema: str) -> list[Finding]:
    """Lists of whose last records more were rejected than is allowed; likewise."""
    found = rows_of(pipeline, schema, "rejection_spike", REJECTED_COLUMNS, "ORDER BY rejected_share DESC")
    return [] if found is None else [Finding(REJECTED, tuple(map(_rejected, found)))]


def _stale(row: Mapping[str, Any]) -> Member:
    last_run, last_new_row = row["last_run_at"], row["last_new_row_at"]
    gap = "" if row["longest_gap_hours"] is None else f"{row['longest_gap_hours']:.1f} h"
    began = last_run if row["stale_kind"] == NO_RUN else last_new_row
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
