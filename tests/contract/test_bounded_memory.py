"""A package that DuckDB cannot load within the usual bounds is loaded all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import dlt
import pytest

from ecommerce_pipeline.load import connection, duckdb_bounds
from ecommerce_pipeline.load.duckdb import MergeJob
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse

pytestmark = pytest.mark.door("duckdb")

LONG = 256 * 1024
TOO_LITTLE = {**duckdb_bounds.SMALL, "memory_limit": "16MB"}


def _long_orders(numbers: Iterable[int], length: int, **fields: str) -> list[dict[str, Any]]:
    return [{**ORDER, "id": number, "note": f"{number:08d}" * (length // 8), **fields} for number in numbers]


def test_a_table_of_long_rows_is_loaded_into_and_edited_without_a_failure(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    opened_again: list[dlt.Pipeline] = []
    write = connection._write_log_unbounded

    def noted(pipeline: dlt.Pipeline) -> None:
        opened_again.append(pipeline)
        write(pipeline)

    monkeypatch.setattr(connection, "_write_log_unbounded", noted)
    shop, warehouse = verbatim
    for orders in (
        _long_orders(range(30), 2_000_000),
        _long_orders(range(30, 60), 2_000_000, updated_at="2026-03-01T00:00:00Z"),
        _long_orders([3], 2_000_000, updated_at="2026-03-02T00:00:00Z"),
        _long_orders([4, 35], 2_000_000, updated_at="2026-03-03T00:00:00Z"),
    ):
        shop.put("orders", orders)
        with shop.serve() as address:
            assert warehouse.run(address).complete
    assert opened_again
    assert "it is loaded with more" not in caplog.text
    found = "SELECT count(*), count(DISTINCT id), min(length(note)) FROM ecommerce.orders"
    assert warehouse.query(found) == [(60, 60, 2_000_000)]


def _failures(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the merge of each table failed, counted as it happens."""
    found: Counter[str] = Counter()
    run = MergeJob.run

    def noted(job: MergeJob) -> None:
        try:
            run(job)
        except Exception:
            found[job.job_file_info().table_name] += 1
            raise

    monkeypatch.setattr(MergeJob, "run", noted)
    return found


def test_rows_too_long_for_the_usual_bounds_are_loaded_once_with_more_memory(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(duckdb_bounds, "SMALL", TOO_LITTLE)
    monkeypatch.setattr(duckdb_bounds, "LONG_BYTES", 2**40)
    failed = _failures(monkeypatch)
    shop, warehouse = verbatim
    shop.put("orders", _long_orders(range(150), LONG))
    with shop.serve() as address:
        outcome = warehouse.run(address)
    assert outcome.complete
    assert "it is loaded with more" in caplog.text
    assert max(failed.values()) <= 2  # others are under way when the first fails; dlt alone tries five times
    found = (
        "SELECT count(*), count(DISTINCT id), min(length(note)), count(DISTINCT note) FROM ecommerce.orders"
    )
    assert warehouse.query(found) == [(150, 150, LONG, 150)]
