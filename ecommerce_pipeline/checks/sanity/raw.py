"""Do the loaded tables hold together, and with the account of the runs?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ecommerce_pipeline.checks.results import Finding
from ecommerce_pipeline.checks.sanity.questions import Questions
from ecommerce_pipeline.source.account import WENT_WELL
from ecommerce_pipeline.source.quarantine import TABLE as QUARANTINE

NEVER_NEGATIVE = {
    "orders": ("total_amount", "refunded_amount"),
    "order_items": ("quantity", "unit_price"),
    "payments": ("amount",),
    "products": ("price",),
}


class LastRun(NamedTuple):
    """The account of the newest run of a resource that did not fail."""

    resource: str
    run_id: str
    finished_at: datetime
    fetched: int
    loaded: int
    rejected: int
    repeated: int
    deleted: int
    cursor_after: datetime | None


def last_runs(ask: Questions) -> list[LastRun]:
    """One account per resource; sweeps, replays and windows that are read again are left out: they read other things
    than what is new in the list, and their cursor stays where it is.
    """
    columns = ", ".join(LastRun._fields)
    newest = "row_number() OVER (PARTITION BY resource ORDER BY finished_at DESC, run_id DESC)"
    of_lists = "cursor_after IS NOT NULL OR (window_since IS NULL AND window_until IS NULL)"
    runs = (
        f"SELECT {columns}, {newest} AS newest_is_1 FROM {ask.raw('pipeline_runs')}"  # noqa: S608  # our names
        f" WHERE state IN {WENT_WELL} AND ({of_lists})"
    )
    found = ask.rows(f"SELECT {columns} FROM ({runs}) AS runs WHERE newest_is_1 = 1 ORDER BY resource")  # noqa: S608
    return [LastRun(*row) for row in found]


def accounts_balance(runs: list[LastRun]) -> Iterator[Finding]:
    """Fetched = loaded + rejected + repeated."""
    for run in runs:
        parts = run.loaded + run.rejected + run.repeated
        yield Finding(
            "account balances",
            run.resource,
            run.fetched == parts,
            f"{parts:,} accounted for",
            f"{run.fetched:,} fetched",
        )


def tables_stand(runs: list[LastRun], present: list[str], embedded: bool) -> Iterator[Finding]:
    """A list that was read has a table.

    Args:
        runs: of all lists.
        present: tables that are there.
        embedded: whether lines come inside their orders, in a table of another name.
    """
    for run in runs:
        there = run.resource in present or (embedded and run.resource == "order_items")
        yield Finding("tables stand", run.resource, there, "there" if there else "missing", "a table")


def rows_arrived(ask: Questions, runs: list[LastRun], present: list[str]) -> Iterator[Finding]:
    """What the last run says that it loaded stands there under its id: no more, and not nothing. Fewer may stand there,
    because a row that is edited while pages are read is loaded twice and stands there once.
    """
    for run in runs:
        if run.resource not in present:
            continue
        stamped = ask.number(f"SELECT count(*) FROM {ask.raw(run.resource)} WHERE _run_id = %s", run.run_id)  # noqa: S608
        least = 1 if run.loaded > run.deleted else 0
        yield Finding(
            "loaded rows arrived",
            run.resource,
            least <= stamped <= run.loaded,
            f"{stamped:,} rows of the last run",
            f"{run.loaded:,} loaded by it" if not least else f"1 to {run.loaded:,}",
        )


def rejected_kept(ask: Questions, runs: list[LastRun]) -> Iterator[Finding]:
    """No more records stand in the quarantine under the last run's id than it has rejected."""
    for run in runs:
        kept = ask.number(
            f"SELECT count(*) FROM {ask.raw(QUARANTINE)} WHERE resource = %s AND _run_id = %s",  # noqa: S608
            run.resource,
            run.run_id,
        )
        yield Finding(
            "rejected records kept",
            run.resource,
            kept <= run.rejected,
            f"{kept:,}",
            f"at most {run.rejected:,}",
        )


def keys_unique(ask: Questions, present: list[str]) -> Iterator[Finding]:
    """One row per key."""
    for table in present:
        doubled = ask.number(f"SELECT count(*) - count(DISTINCT id) FROM {ask.raw(table)}")  # noqa: S608
        yield Finding("one row per key", table, doubled == 0, f"{doubled:,} more", "none")


def amounts_not_negative(ask: Questions, present: list[str]) -> Iterator[Finding]:
    """Amounts that are never negative in a shop whose books are right."""
    for table in present:
        columns = NEVER_NEGATIVE.get(table, ())
        if not columns:
            continue
        wrong = " OR ".join(f"{column} < 0" for column in columns)
        found = ask.number(
            f"SELECT count(*) FROM {ask.raw(table)} WHERE _deleted_at IS NULL AND ({wrong})"  # noqa: S608
        )
        yield Finding("amounts not negative", table, found == 0, f"{found:,} rows", "none")


def fresh(runs: list[LastRun], now: datetime, most_hours: float) -> Iterator[Finding]:
    """Every resource was read lately."""
    for run in runs:
        hours = (now - run.finished_at).total_seconds() / 3600
        yield Finding(
            "read lately",
            run.resource,
            hours <= most_hours,
            f"{hours:,.1f} hours ago",
            f"at most {most_hours:g} hours ago",
        )


def rows_stay(
    ask: Questions, present: list[str], before: Mapping[str, int], most_share: float
) -> Iterator[Finding]:
    """Tables do not shrink: a row that the shop deletes is marked and stays.

    Args:
        ask: the warehouse.
        present: tables that are there.
        before: how many live rows each had at the last check.
        most_share: which part of them may have been deleted since.
    """
    for table in present:
        count = ask.number(f"SELECT count(*) FROM {ask.raw(table)} WHERE _deleted_at IS NULL")  # noqa: S608
        least = round(before.get(table, 0) * (1 - most_share))
        yield Finding("rows stay", table, count >= least, f"{count:,}", f"at least {least:,}")


def rows_before(results: list[dict[str, Any]]) -> dict[str, int]:
    """How many live rows each table had, by the results of an earlier check."""
    return {
        row["subject"]: int(row["found"].replace(",", "")) for row in results if row["name"] == "rows stay"
    }
