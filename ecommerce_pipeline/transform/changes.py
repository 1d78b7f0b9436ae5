"""Which models the rows that came since the last build concern."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import dlt

from ecommerce_pipeline.load.connection import asking
from ecommerce_pipeline.load.marks import CHANGES
from ecommerce_pipeline.load.notes import Notes, NoteTable
from ecommerce_pipeline.transform.child import PROJECT

BUILDS = NoteTable(
    "model_builds",
    {
        "build_id": "text",
        "state": "text",
        "started_at": "timestamp",
        "finished_at": "timestamp",
        "definition": "text",
        "last_load_id": "text",
        "loads": "bigint",
        "marks": "bigint",
        "selected": "text",
        "models": "bigint",
        "tests": "bigint",
        "failed": "text",
    },
)
"""One row per build; its tables are read by people too."""

TABLES = {
    "customers": ("customers", "customers__addresses"),
    "orders": ("orders", "orders__tags", "orders__order_items"),
    "order_items": ("order_items", "orders__order_items"),
}
"""Sources that hold a resource's rows, where it is not one of the resource's name."""

SOURCES = ("macros", "models", "snapshots", "tests")
DEFINING = ("*.yml", *(f"{folder}/**/*.{end}" for folder in SOURCES for end in ("sql", "yml")))
"""Files of the project; dbt by hand writes others beside them."""


class Loaded(NamedTuple):
    """How far the warehouse is loaded.

    Attributes:
        last_load_id: of the newest complete load, empty before the first.
        loads: how many complete loads there are.
        marks: how often marks of deleted rows were changed beside a load.
    """

    last_load_id: str
    loads: int
    marks: int


def loaded(pipeline: dlt.Pipeline) -> Loaded:
    """How far the warehouse is loaded now."""
    return Loaded(*_counted(pipeline, "status = 0"), Notes(pipeline, CHANGES).count())


def definition(variables: Mapping[str, Any], target: Mapping[str, str]) -> str:
    """Another value wherever the models, what they are told or where they are built has changed.

    Args:
        variables: of dbt.
        target: variables of the profile; secrets among them are left out.
    """
    digest = hashlib.sha256(json.dumps(variables, sort_keys=True).encode())
    place = {name: value for name, value in target.items() if not name.startswith("DBT_ENV_SECRET")}
    digest.update(json.dumps(place, sort_keys=True).encode())
    for file in sorted(path for pattern in DEFINING for path in PROJECT.glob(pattern)):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def last_build(pipeline: dlt.Pipeline) -> dict[str, Any] | None:
    """The newest build that went well."""
    found = Notes(pipeline, BUILDS).find("WHERE state = 'built' ORDER BY finished_at DESC LIMIT 1")
    return found[0] if found else None


def changed_sources(
    pipeline: dlt.Pipeline, last: Mapping[str, Any] | None, wanted: str, now: Loaded
) -> list[str] | None:
    """The sources that have other rows than at the last build.

    Args:
        pipeline: knows the warehouse.
        last: see `last_build`.
        wanted: see `definition`.
        now: how far the warehouse is loaded.

    Returns:
        their names, none where nothing has changed; None where everything has to be built: for the first time, by
        another definition, or because loads are missing or came out of order.
    """
    if last is None or last["definition"] != wanted:
        return None
    until = _counted(pipeline, "status = 0 AND load_id <= %s", last["last_load_id"])
    if until != (last["last_load_id"], last["loads"]):
        return None
    resources = _resources_since(pipeline, last["last_load_id"])
    if now.marks != last["marks"]:
        resources |= {row["resource"] for row in Notes(pipeline, CHANGES).find()}
    return sorted({table for name in resources for table in TABLES.get(name, (name,))})


def _counted(pipeline: dlt.Pipeline, condition: str, *values: Any) -> tuple[str, int]:
    with asking(pipeline) as client:
        table = client.make_qualified_table_name("_dlt_loads")
        ((last, count),) = client.execute_sql(
            f"SELECT max(load_id), count(*) FROM {table} WHERE {condition}",  # noqa: S608  # our names
            *values,
        )
    return last or "", int(count)


def _resources_since(pipeline: dlt.Pipeline, load_id: str) -> set[str]:
    with asking(pipeline) as client:
        table = client.make_qualified_table_name("pipeline_runs")
        found = client.execute_sql(
            f"SELECT DISTINCT resource FROM {table} WHERE _dlt_load_id > %s AND state <> 'nothing_new'",  # noqa: S608  # our names
            load_id,
        )
    return {name for (name,) in found or []}
