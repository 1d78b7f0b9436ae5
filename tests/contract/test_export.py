"""Exported files hold the rows of the models, change with them day by day, and heal."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from pyarrow import parquet

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.export.files import TableFiles
from ecommerce_pipeline.export.run import Exported, export
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import build
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support import clouds
from tests.support.warehouse import Warehouse

pytestmark = [BY_SQL, pytest.mark.usefixtures("models_alone")]

SIZES = {"customers": 40, "products": 20, "orders": 90}
TABLES = (
    "fct_orders",
    "fct_order_items",
    "fct_payments",
    "fct_deliveries",
    "dim_customer",
    "dim_product",
    "dim_date",
)


def _ready(warehouse: Warehouse, address: str, **changes: Any) -> Settings:
    profile = warehouse.profile(tombstone="deleted_at")
    settings = warehouse.settings(address, profile, **changes)
    warehouse.run(address, profile=profile)
    assert build(settings).failed == []
    return settings


def _exported(open_shop: OpenShop, tmp_path: Path) -> tuple[Warehouse, Settings, Path]:
    """A warehouse whose models are in files, and the folder of these."""
    shop, warehouse = open_shop(sizes=SIZES, page_size=40)
    folder = tmp_path / "files"
    with shop.serve() as address:
        settings = _ready(warehouse, address, export_address=str(folder))
    export(settings)
    return warehouse, settings, folder


def _written(found: list[Exported]) -> dict[str, int]:
    return {item.table: item.written for item in found if item.written}


def _days(folder: Path, table: str) -> list[str]:
    return sorted(path.name for path in (folder / table).glob("date=*"))


def _in_files(folder: Path, table: str, form: str = "parquet") -> list[Any]:
    read = f"read_{form}('{folder}/{table}/*/*.{form}', hive_partitioning = false)"
    return duckdb.sql(f"SELECT * FROM {read} ORDER BY ALL").fetchall()


def _in_models(warehouse: Warehouse, table: str) -> list[Any]:
    columns = "* EXCLUDE (row_hash)" if table in ("fct_orders", "fct_order_items") else "*"
    return warehouse.query(f"SELECT {columns} FROM analytics.{table} ORDER BY ALL")


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_hold_the_rows_of_the_models_and_follow_them(open_shop: OpenShop, tmp_path: Path) -> None:
    shop, warehouse = open_shop(sizes=SIZES, page_size=40, tombstones=True)
    folder = tmp_path / "files"
    with shop.serve() as address:
        settings = _ready(warehouse, address, export_address=str(folder))
        first = export(settings)
        for table in TABLES:
            assert _in_files(folder, table) == _in_models(warehouse, table), table
        written = _bytes(folder)
        assert _written(export(settings)) == {} and _bytes(folder) == written

        alone = next(row for row in shop.truth("orders") if row["status"] == "pending")
        for name in ("order_items", "payments", "deliveries"):
            for row in [found for found in shop.truth(name) if found["order_id"] == alone["id"]]:
                shop.delete(name, row["id"])
        chance = Random(5)
        for _ in range(20):
            shop.touch_random(chance)
        _ready(warehouse, address, export_address=str(folder))
    again = _written(export(settings))
    assert 0 < again["fct_orders"] < _written(first)["fct_orders"]
    for table in TABLES:
        assert _in_files(folder, table) == _in_models(warehouse, table), table


@pytest.mark.reader
def test_what_was_deleted_damaged_or_left_half_heals_and_the_rest_stays(
    open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, settings, folder = _exported(open_shop, tmp_path)
    whole = _bytes(folder)

    files = sorted((folder / "fct_orders").glob("*/*.parquet"))
    files[0].unlink()
    content = bytearray(files[1].read_bytes())
    content[len(content) // 2] ^= 1
    files[1].write_bytes(content)
    files[3].unlink()
    files[3].mkdir()
    (files[3] / "something").touch()
    (files[2].parent / "part-0.parquet.unfinished").write_bytes(b"half")
    (folder / "fct_orders" / "date=1999-01-01").mkdir()
    (folder / "fct_orders" / "date=1999-01-01" / "part-0.parquet").write_bytes(b"nobody's")
    (folder / "dim_product" / "_manifest.json").write_text('{"format": "parquet", "partitions": []}')
    found = export(settings)
    assert _written(found)["fct_orders"] == 3
    assert _written(found)["dim_product"] == len(_days(folder, "dim_product"))
    assert {item.table: item.removed for item in found if item.removed} == {"fct_orders": 2}
    # When a file was written stands in its list; what it holds is the same.
    assert _without_lists(_bytes(folder)) == _without_lists(whole)

    files[0].unlink()
    last = date.fromisoformat(files[-1].parent.name.removeprefix("date="))
    assert _written(export(settings, since=last)) == {}
    assert not files[0].exists()

    def killed(self: TableFiles) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TableFiles, "note", killed)
        with pytest.raises(KeyboardInterrupt):
            export(settings)
    export(settings)
    assert _without_lists(_bytes(folder)) == _without_lists(whole)
    assert _written(export(settings)) == {}


def _without_lists(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.endswith("_manifest.json")}


@pytest.mark.reader
def test_csv_takes_the_place_of_parquet_and_a_bucket_that_of_a_folder(
    open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    warehouse, settings, folder = _exported(open_shop, tmp_path)
    schema = parquet.read_schema(next((folder / "fct_orders").glob("*/*.parquet")))
    assert str(schema.field("total_amount").type) == "decimal128(38, 9)"
    assert str(schema.field("placed_at").type) == "timestamp[us]"
    assert str(schema.field("order_date").type) == "date32[day]"
    removed = sum(item.removed for item in export(dataclasses.replace(settings, export_format="csv")))
    assert removed > 0 and not list(folder.rglob("*.parquet"))
    total = "SELECT sum(total_amount)::DECIMAL(38, 2) FROM"
    in_files = (
        f"{total} read_csv('{folder}/fct_orders/*/*.csv', types = {{'total_amount': 'DECIMAL(38, 9)'}})"
    )
    assert duckdb.sql(in_files).fetchall() == warehouse.query(f"{total} analytics.fct_orders")
    with clouds.s3(monkeypatch, tmp_path) as bucket:
        there = dataclasses.replace(settings, export_address=f"{bucket}/curated")
        assert _written(export(there))["fct_orders"] == len(_days(folder, "fct_orders"))
        assert _written(export(there)) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"export_format": "xlsx"}, "expected one of parquet, csv"),
        ({"export_address": "nowhere://files"}, "cannot be used"),
    ],
)
@pytest.mark.reader
def test_a_wrong_setting_is_told_in_one_sentence(
    open_shop: OpenShop, changes: dict[str, str], words: str
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        settings = warehouse.settings(address, warehouse.profile(), **changes)
    with pytest.raises(SettingError, match=words):
        export(settings)


@pytest.mark.reader
def test_without_models_there_is_nothing_to_export(open_shop: OpenShop, tmp_path: Path) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address:
        warehouse.run(address)
        settings = warehouse.settings(address, warehouse.profile(), export_address=str(tmp_path / "files"))
    with pytest.raises(SettingError, match=r"pipelines\.py build` first"):
        export(settings)
    assert not (tmp_path / "files").exists()
