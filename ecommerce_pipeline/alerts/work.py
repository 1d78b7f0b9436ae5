"""Work of ours that failed: loads, builds of the models, checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import dlt

from ecommerce_pipeline.alerts.event import Finding, Member, instant, shown, text
from ecommerce_pipeline.alerts.kinds import BUILD_FAILED, CHECK_FAILED, RUN_FAILED, RUN_TROUBLE, SHOP_AWAY
from ecommerce_pipeline.alerts.rows import rows_of
from ecommerce_pipeline.checks.results import CHECKS
from ecommerce_pipeline.errors import ShopUnreachable
from ecommerce_pipeline.load.run_ends import RunEnds
from ecommerce_pipeline.transform.changes import BUILDS

NEWEST_FAILED = """WHERE state = 'failed' AND check_id = (
    SELECT check_id FROM {table} ORDER BY checked_at DESC, check_id DESC LIMIT 1
) ORDER BY name, subject"""
"""Results of one `check_id` were made together. Those before do not count: what is skipped now, or whose subject is
gone, would never pass again.
"""


def failed_runs(ends: RunEnds, loads: str) -> list[Finding]:
    """Loads of this folder that failed since the last one that went well; nothing where none has ended here.

    The last failure counts, and tells nothing of those before it: whether the shop is reached again shows when a load
    goes well.

    Args:
        ends: how they ended.
        loads: how they are called.
    """
    if not ends.known():
        return []
    failing = ends.failing()
    if failing is None:
        return [Finding(SHOP_AWAY, (), loads), Finding(RUN_FAILED, (), loads)]
    away = failing.error == ShopUnreachable.__name__
    cells = (f"{failing.times:,}", shown(failing.since), shown(failing.last_at), failing.reason)
    return [Finding(SHOP_AWAY if away else RUN_FAILED, (Member(loads, failing.since, cells),), loads)]


class Trouble(NamedTuple):
    """What a scheduler has to say of its runs.

    Attributes:
        job: whose runs; what is said of one job says nothing of another.
        what: that one is late or has failed, as a sentence; empty where all is well.
    """

    job: str
    what: str = ""


def troubled_runs(trouble: Trouble, loads: str, now: datetime) -> Finding:
    """A job's runs that are late or failed, or none any more.

    Args:
        trouble: what the scheduler says of it.
        loads: how the loads of this folder are called.
        now: the present instant, UTC.
    """
    name = f"{loads} {trouble.job}"
    members = (Member(name, now, (trouble.job, shown(now), trouble.what)),) if trouble.what else ()
    return Finding(RUN_TROUBLE, members, name)


def failed_builds(pipeline: dlt.Pipeline) -> list[Finding]:
    """What failed in the last build of the models; nothing where none was built.

    Args:
        pipeline: knows the warehouse.
    """
    rest = "ORDER BY finished_at DESC LIMIT 1"
    found = rows_of(pipeline, None, BUILDS.name, ("state", "finished_at", "failed"), rest)
    if not found:
        return []
    last = found[0]
    names = (last["failed"] or "").split(", ") if last["state"] == "failed" else []
    built_at = instant(last["finished_at"])
    members = (Member(name, built_at, (name, shown(built_at))) for name in names if name)
    return [Finding(BUILD_FAILED, tuple(members))]


def failed_checks(pipeline: dlt.Pipeline) -> list[Finding]:
    """What failed when the warehouse was checked last; nothing where it never was.

    Args:
        pipeline: knows the warehouse.
    """
    columns = ("name", "subject", "found", "expected", "checked_at")
    found = rows_of(pipeline, None, CHECKS.name, columns, NEWEST_FAILED)
    return [] if found is None else [Finding(CHECK_FAILED, tuple(map(_check, found)))]


def _check(row: Mapping[str, Any]) -> Member:
    cells = (row["name"], row["subject"], text(row["found"]), text(row["expected"]), shown(row["checked_at"]))
    return Member(f"{row['name']} {row['subject']}", instant(row["checked_at"]), cells)
