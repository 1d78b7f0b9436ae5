"""The two ways into a warehouse, as columns and as single records, and what has to be the same on both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from dlt.common.normalizers.json.helpers import get_nested_row_hash

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from ecommerce_pipeline.load.run import Outcome
from tests.support.warehouse import Warehouse

PAGE_SIZE = 20
Variant = tuple[dict[str, Any], dict[str, Any]]
"""Changes of the profile, and of the settings."""

PLAIN: Variant = ({}, {})
OF_A_RUN = {"_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_load_id", "_run_id", "_loaded_at"}
OF_A_PAGE = {"_source", "_version"}
"""A row at the edge of two pages comes with both; which of the two is kept, as they are equal, is not said."""


class Way:
    """One of the two ways into a warehouse of its own."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, columnar: bool, variant: Variant = PLAIN
    ) -> None:
        folder.mkdir()
        self._profile, self._settings = variant
        nothing = DemoShop(ShopOptions(sizes={"customers": 0, "products": 0, "orders": 0}))
        self.warehouse = Warehouse(folder, nothing, monkeypatch)
        self._monkeypatch, self._columnar = monkeypatch, columnar

    def run(self, address: str) -> Outcome:
        self.warehouse.enter(self._monkeypatch)
        cursor = {"until_param": None, "lag_seconds": 0.0}
        profile = self.warehouse.profile(cursor=cursor, **self._profile)
        settings = {"page_size": PAGE_SIZE, "columnar": self._columnar, **self._settings}
        return self.warehouse.run(address, profile=profile, **settings)

    def columns(self) -> set[tuple[Any, ...]]:
        query = "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        return set(
            self.warehouse.query(
                f"{query} WHERE table_schema = 'ecommerce' AND table_name NOT LIKE '\\_dlt%' ESCAPE '\\'"
            )
        )

    def rows(self, table: str) -> list[str]:
        """All rows, without what is another one in each run; elements of lists with the key of their row."""
        if "__" not in table:
            found = self.warehouse.rows(f"SELECT * FROM ecommerce.{table}")
        else:
            root = table.split("__", maxsplit=1)[0]
            found = self.warehouse.rows(
                f"SELECT p.id AS parent, c.* FROM ecommerce.{table} AS c"
                f" JOIN ecommerce.{root} AS p ON p._dlt_id = c._dlt_root_id"
            )
        kept = [
            {name: value for name, value in row.items() if name not in OF_A_RUN | OF_A_PAGE} for row in found
        ]
        return sorted(repr(sorted(row.items())) for row in kept)

    def check_keys(self, table: str) -> None:
        links = self.warehouse.query(f"SELECT _dlt_id, _dlt_parent_id, _dlt_list_idx FROM ecommerce.{table}")
        for key, parent, place in links:
            assert key == get_nested_row_hash(parent, table, place)


def ways(folder: Path, monkeypatch: pytest.MonkeyPatch, variant: Variant = PLAIN) -> tuple[Way, Way]:
    """As columns, and as records."""
    return (
        Way(folder / "columns", monkeypatch, True, variant),
        Way(folder / "records", monkeypatch, False, variant),
    )


def compare(ways: Sequence[Way], address: str) -> None:
    outcomes = [way.run(address) for way in ways]
    counts = [
        [(a.resource, a.pages, a.fetched, a.loaded, a.repeated, a.rejected) for a in outcome.accounts]
        for outcome in outcomes
    ]
    assert counts[0] == counts[1]
    columns, records = ways
    assert columns.columns() == records.columns()
    tables = {table for table, *_ in records.columns()} - {"pipeline_runs"}
    for table in sorted(tables):
        assert columns.rows(table) == records.rows(table), table
        if table.startswith("orders__"):
            columns.check_keys(table)
