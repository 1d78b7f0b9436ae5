"""DuckDB merges the files of a load package where they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dlt.common.schema import Schema
from dlt.common.storages.load_package import LoadJobInfo, PackageStorage, ParsedLoadJobFileName
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from ecommerce_pipeline.load.duckdb_files import InPlaceClient, duckdb
from ecommerce_pipeline.source.versions import EPOCH
from tests.contract.conftest import OpenShop
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.door("duckdb")

SIZES = {"customers": 20, "products": 10, "orders": 30}


@contextmanager
def _noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that reach DuckDB."""
    statements: list[str] = []
    real = DuckDbSqlClient.execute_query

    def noted(client: DuckDbSqlClient, query: Any, *arguments: Any, **options: Any) -> Any:
        statements.append(str(query))
        return real(client, query, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(DuckDbSqlClient, "execute_query", noted)
        yield statements


def test_no_row_is_copied_into_a_staging_table_before_it_is_merged(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes=SIZES)
    with shop.serve() as address, _noted(monkeypatch) as statements:
        warehouse.run(address)
        shop.update("orders", 1, status="paid")
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []
    assert any("read_parquet" in statement and "DELETE" in statement for statement in statements)
    copies = [statement for statement in statements if 'INTO "ecommerce_staging"' in statement]
    assert not [statement for statement in copies if "_dlt_version" not in statement]


@pytest.mark.parametrize("name", ["it's", "a;b", "[x]", "a*b", "üñí"])
def test_a_folder_of_any_name_is_loaded_from(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    shop = DemoShop(ShopOptions(sizes=SIZES))
    warehouse = Warehouse(folder, shop, monkeypatch)
    with shop.serve() as address:
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


def test_a_column_that_no_file_has_is_null(tmp_path: Path) -> None:
    destination = duckdb(str(tmp_path / "late.duckdb"), destination_name="raw")
    schema = Schema("late")
    schema.update_table(
        {
            "name": "orders",
            "write_disposition": "merge",
            "columns": {
                "id": {"name": "id", "data_type": "bigint", "primary_key": True},
                "note": {"name": "note", "data_type": "text"},
            },
        }
    )
    schema._bump_version()
    file = tmp_path / PackageStorage.COMPLETED_JOBS_FOLDER / "orders.1234567890.0.parquet"
    file.parent.mkdir()
    pq.write_table(pa.table({"id": [1, 2]}), file)
    with destination.client(schema, destination.spec()._bind_dataset_name("shop")) as client:
        assert isinstance(client, InPlaceClient)
        client.initialize_storage()
        client.update_stored_schema()
        for statement in _merge(client, file):
            client.sql_client.execute_sql(statement)
        assert client.sql_client.execute_sql("SELECT id, note FROM shop.orders ORDER BY id") == [
            (1, None),
            (2, None),
        ]


def _merge(client: InPlaceClient, file: Path) -> list[str]:
    """The statements that merge a file."""
    table = client.prepare_load_table("orders")
    parsed = ParsedLoadJobFileName.parse(file.name)
    job = LoadJobInfo("completed_jobs", str(file), 0, EPOCH, 0.0, parsed, "")
    (merge,) = client.create_table_chain_completed_followup_jobs([table], [job])
    return Path(merge.new_file_path()).read_text("utf-8").split("\n")
