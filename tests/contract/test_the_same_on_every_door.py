"""A journey ends with the same rows on every warehouse, step by step: values, marks, lists and all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.conftest import OpenShop
from tests.support.checked import books, contents
from tests.support.journey import LOADS, OPTIONS, STEPS, travelled
from tests.support.warehouse import Warehouse

LAKES = ("lake", "delta")


@pytest.mark.door("postgres", "snowflake", "snowflake-live", *LAKES)
def test_each_step_of_a_journey_leaves_the_rows_that_duckdb_has(
    request: pytest.FixtureRequest,
    open_shop: OpenShop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    (tmp_path / "duckdb").mkdir()
    beside = Warehouse(tmp_path / "duckdb", shop, monkeypatch)
    compared, lake = 0, request.config.getoption("door") in LAKES
    for name, (ours, theirs) in travelled(shop, [warehouse, beside], monkeypatch, LOADS if lake else STEPS):
        found, expected = contents(warehouse), contents(beside)
        for table, rows in expected.items():
            assert found[table] == rows, f"{name}: {table}"
            compared += len(rows)
        kept = books(beside)
        assert books(warehouse) == kept, name
        compared += sum(map(len, kept.values()))
        if hasattr(ours, "accounts"):
            assert _counted(ours) == _counted(theirs), name
    assert compared > 1_000
    record_property("rows compared with DuckDB's, step by step", compared)


def _counted(outcome: object) -> list[object]:
    """The accounts without what depends on the time between two runs."""
    kept = ("resource", "loaded", "rejected_rows", "deleted")
    return [tuple(dataclasses.asdict(account)[name] for name in kept) for account in outcome.accounts]  # type: ignore[attr-defined]
