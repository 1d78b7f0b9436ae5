"""Two DuckDB files compared: what a scheduler has loaded and built, and what the command has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from tests.support.ways import OF_A_PAGE, OF_A_RUN

OF_ITS_WORK = {
    *("pipeline_runs", "model_builds", "check_results", "mark_changes"),
    *("alert_events", "alert_members", "alert_messages"),
}
"""Tables that tell of runs, of which a failed or repeated one makes more."""

OF_A_TIME = {"valid_from", "valid_to", "dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"}
FOLLOWING_THE_CLOCK = ("analytics_alerts", "analytics.delivery_performance")


def differing(ours: Path, theirs: Path) -> list[str]:
    """The tables and views whose rows differ, or that one of two warehouses lacks."""
    left, right = dict(_contents(ours)), dict(_contents(theirs))
    assert len(left) > 30, sorted(left)
    return [name for name in sorted({*left, *right}) if left.get(name) != right.get(name)]


def _contents(database: Path) -> Iterator[tuple[str, Any]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
        ).fetchall()
        for schema, table in found:
            left_out = {schema, table, f"{schema}.{table}"} & {*OF_ITS_WORK, *FOLLOWING_THE_CLOCK}
            if not left_out and not table.startswith("_dlt") and not schema.endswith("_staging"):
                yield f"{schema}.{table}", _rows(connection, f"{schema}.{table}")


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    cursor = connection.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description or []]
    left_out = OF_A_RUN | OF_A_PAGE | OF_A_TIME
    kept = [number for number, name in enumerate(names) if name.lower() not in left_out]
    return sorted(repr([row[number] for number in kept]) for row in cursor.fetchall())


def files_of(folder: Path) -> dict[str, bytes]:
    """What was exported: each file's content by its path."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}
    assert found
    return found
