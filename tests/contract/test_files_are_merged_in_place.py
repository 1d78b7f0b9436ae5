"""DuckDB merges the files of a load package where they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dlt.common.schema import Schema
from dlt.common.storages.load_package import LoadJobInfo, PackageStorage, ParsedLoadJobFileName
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient
from dlt.destinations.sql_jobs import SqlMergeFollowupJob

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from ecommerce_pipeline.load.destination import CAPABILITIES
from ecommerce_pipeline.load.duckdb import InPlaceClient, duckdb
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


@pytest.mark.parametrize("name", ["it's [x]", "a;b", "a*b", "üñí", "status=paid", "id=7;", "Alter schema"])
def test_a_folder_of_any_name_is_loaded_from(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    shop = DemoShop(ShopOptions(sizes=SIZES))
    warehouse = Warehouse(folder, shop, monkeypatch)
    with shop.serve() as address:
        warehouse.run(address)
        shop.update("orders", 1, status="paid")
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


class Orders:
    """A table with a staging table in a database of its own, and files that are merged into it."""

    def __init__(self, client: InPlaceClient, folder: Path) -> None:
        self.client = client
        self.table = client.prepare_load_table("orders")
        self._folder = folder / PackageStorage.COMPLETED_JOBS_FOLDER
        self._folder.mkdir()

    def file(self, **columns: Any) -> Path:
        """A parquet file of a package, or one of another kind where it has no columns."""
        kind = "parquet" if columns else "insert_values"
        file = self._folder / f"orders.{len(list(self._folder.iterdir())):010}.0.{kind}"
        file.touch()
        if columns:
            pq.write_table(pa.table(columns), file)
        return file

    def merge(self, *files: Path) -> list[tuple[Any, ...]]:
        """Merge files; gives the rows of the table after it."""
        jobs = [
            LoadJobInfo(
                "completed_jobs", str(file), 0, EPOCH, 0.0, ParsedLoadJobFileName.parse(file.name), ""
            )
            for file in files
        ]
        (merge,) = self.client.create_table_chain_completed_followup_jobs([self.table], jobs)
        self.run(Path(merge.new_file_path()))
        return self.rows()

    def run(self, merge: Path) -> str:
        """Run the statements of a file as dlt's loader does; gives the state of the job after it."""
        job: Any = self.client.create_load_job(self.table, str(merge), "1")
        job.set_run_vars(load_id="1", schema=self.client.schema, load_table=self.table)
        job.run_managed(self.client, None)
        return str(job.state())

    def rows(self, schema: str = "shop") -> list[tuple[Any, ...]]:
        """Of the table."""
        found = self.client.sql_client.execute_sql(f"SELECT id, note, total FROM {schema}.orders ORDER BY id")
        return [tuple(row) for row in found or ()]


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Orders]:
    schema = Schema("shop")
    columns: Any = {
        "id": {"name": "id", "data_type": "bigint", "primary_key": True},
        "note": {"name": "note", "data_type": "text"},
        "total": {"name": "total", "data_type": "decimal", "precision": 38, "scale": 9},
    }
    schema.update_table({"name": "orders", "write_disposition": "merge", "columns": columns})
    schema._bump_version()
    destination = duckdb(str(tmp_path / "raw.duckdb"), destination_name="raw")
    destination.caps_params.update(CAPABILITIES["duckdb"])
    with destination.client(schema, destination.spec()._bind_dataset_name("shop")) as client:
        assert isinstance(client, InPlaceClient)
        for within in (nullcontext(), client.with_staging_dataset()):
            with within:
                client.initialize_storage()
                client.update_stored_schema()
        yield Orders(client, tmp_path)


def test_a_column_that_no_file_has_is_null(orders: Orders) -> None:
    files = (orders.file(id=[1]), orders.file(id=[2]))
    assert orders.merge(*files) == [(1, None, None), (2, None, None)]
    assert orders.rows("shop_staging") == []


def test_a_column_that_one_file_lacks_is_null_in_its_rows(orders: Orders) -> None:
    assert orders.merge(orders.file(id=[1]), orders.file(id=[2], note=["x"])) == [
        (1, None, None),
        (2, "x", None),
    ]


def test_numbers_of_one_file_are_not_made_those_of_another(orders: Orders) -> None:
    exact = Decimal("12345678901234567890.123456789")
    decimals = pa.array([exact], pa.decimal128(38, 9))
    merged = orders.merge(orders.file(id=[1], total=decimals), orders.file(id=[2], total=[0.5]))
    assert merged == [(1, None, exact), (2, None, Decimal("0.5"))]


def test_rows_that_were_copied_into_the_staging_table_are_merged_beside_files(orders: Orders) -> None:
    orders.client.sql_client.execute_sql("INSERT INTO shop_staging.orders(id, note) VALUES (1, 'copied')")
    assert orders.merge(orders.file(), orders.file(id=[2], note=["in place"])) == [
        (1, "copied", None),
        (2, "in place", None),
    ]


def test_a_column_that_the_table_has_not_ends_the_merge(orders: Orders) -> None:
    assert orders.merge(orders.file(id=[1], stranger=["lost?"])) == []


def test_a_merge_that_names_no_staging_table_is_refused(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqlMergeFollowupJob, "generate_sql", lambda *_: ["SELECT 1"])
    with pytest.raises(ValueError, match="orders"):
        orders.merge(orders.file(id=[1]))


def test_a_merge_is_one_transaction_whatever_its_files_are_called(orders: Orders, tmp_path: Path) -> None:
    orders.merge(orders.file(id=[1]))
    folder = tmp_path / "Alter schema"
    folder.mkdir()
    merge = folder / "orders.0123456789.0.sql"
    merge.write_text(f"DELETE FROM shop.orders;\nSELECT * FROM read_parquet('{folder}/nothing.parquet')")
    assert orders.run(merge) != "completed"
    assert orders.rows() == [(1, None, None)]
