"""A package that DuckDB cannot load within the usual bounds is loaded all the same."""

from __future__ import annotations

import pytest

from ecommerce_pipeline.load import duckdb_bounds
from ecommerce_pipeline.load.duckdb import MergeJob
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse

pytestmark = pytest.mark.door("duckdb")

LONG = 256 * 1024
TOO_LITTLE = {**duckdb_bounds.SMALL, "memory_limit": "16MB"}


def _failures(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """The errors of merges, as they happen."""
    found: list[Exception] = []
    run = MergeJob.run

    def noted(job: MergeJob) -> None:
        try:
            run(job)
        except Exception as error:
            found.append(error)
            raise

    monkeypatch.setattr(MergeJob, "run", noted)
    return found


def test_rows_too_long_for_the_usual_bounds_are_loaded_once_with_more_memory(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(duckdb_bounds, "SMALL", TOO_LITTLE)
    failed = _failures(monkeypatch)
    shop, warehouse = verbatim
    shop.put(
        "orders", [{**ORDER, "id": number, "note": f"{number:08d}" * (LONG // 8)} for number in range(150)]
    )
    with shop.serve() as address:
        outcome = warehouse.run(address)
    assert outcome.complete
    assert "it is loaded with more" in caplog.text
    assert len(failed) == 1
    found = (
        "SELECT count(*), count(DISTINCT id), min(length(note)), count(DISTINCT note) FROM ecommerce.orders"
    )
    assert warehouse.query(found) == [(150, 150, LONG, 150)]
