"""The lake: each committed version of a row stands in Parquet by date, and the newest of them are the shop's rows."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pytest

from ecommerce_pipeline.checks.sweep import sweep
from ecommerce_pipeline.checks.verify import verify
from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.errors import DestinationFailed, SettingError
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.replay.run import replay_archive, replay_rejected
from tests.conftest import ROOT
from tests.contract.conftest import OpenShop
from tests.support.checked import contents
from tests.support.clouds import CLOUDS, Bucket
from tests.support.doors.lake import Lake
from tests.support.journey import LOADS, OPTIONS, travelled
from tests.support.truth import RESOURCES, differences
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.door("duckdb")

COMPLETE = "dlt.load.load.Load.complete_package"

MORE_PLACES = [("folder", "parquet"), ("folder", "delta"), ("s3", "parquet")]
FEW = {"customers": 3, "products": 3, "orders": 3}
S3_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "t", "REGION_NAME": "us-east-1"}
PLACES: dict[str, Bucket] = {"folder": lambda _, folder: nullcontext(str(folder / "a lake")), **CLOUDS}


def _in_lake(
    warehouse: Warehouse, address: str, monkeypatch: pytest.MonkeyPatch, tables: str = "parquet"
) -> Warehouse:
    return Warehouse(warehouse.folder, warehouse.shop, monkeypatch, Lake(address, warehouse.folder, tables))


@pytest.fixture
def open_lake(open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenShop:
    """Opens a small shop with some options and the lake in a folder that reads it."""

    def opened(**options: Any) -> tuple[DemoShop, Warehouse]:
        shop, warehouse = open_shop(**options)
        return shop, _in_lake(warehouse, str(tmp_path / "lake"), monkeypatch)

    return opened


def _edit_orders(shop: DemoShop, **changes: Any) -> None:
    for row in shop.truth("orders")[:5]:
        shop.update("orders", row["id"], **changes)


def _fail_at(step: str, lake: Warehouse, address: str) -> None:
    """A run that ends where dlt comes to one of its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, _away)
        with pytest.raises(DestinationFailed, match="away"):
            lake.run(address)


@pytest.mark.parametrize(
    ("place", "tables"),
    [
        ("gcs", "parquet"),
        ("s3", "delta"),
        # The suite on a lake compares folders; one kind of table in a bucket is like the other.
        *(pytest.param(*case, marks=pytest.mark.long) for case in MORE_PLACES),
    ],
)
def test_the_rows_of_a_lake_are_what_a_warehouse_has_after_each_load(
    open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, tables: str
) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    (tmp_path / "duckdb").mkdir()
    beside = Warehouse(tmp_path / "duckdb", shop, monkeypatch)
    with PLACES[place](monkeypatch, tmp_path) as address:
        lake = _in_lake(warehouse, address, monkeypatch, tables)
        for name, (ours, _) in travelled(shop, [lake, beside], monkeypatch, LOADS):
            found, expected = contents(lake), contents(beside)
            for table, rows in expected.items():
                assert found[table] == rows, f"{name}: {table}"
            assert ours.packages == [] or name != "nothing new"
        assert differences(shop, lake.database) == []


@pytest.mark.parametrize("place", PLACES)
def test_one_address_holds_pages_rows_and_refused_records_by_name_and_date(
    open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    shop, warehouse = open_shop(invalid_share=0.2)
    with PLACES[place](monkeypatch, tmp_path) as address, shop.serve() as api:
        lake = _in_lake(warehouse, address, monkeypatch)
        lake.run(api, archive=True, archive_address=None)
        files, root = fsspec.core.url_to_fs(address)
        found = [path.removeprefix(f"{root}/") for path in files.find(root)]
        refused = lake.query("SELECT DISTINCT resource FROM ecommerce.rejected_records")
    assert {path.partition("/")[0] for path in found} == {"raw", "validated", "quarantine"}
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    kept = {tuple(path.split("/")[:3]) for path in found if day in path}
    assert {name for folder, name, at in kept if (folder, at) == ("quarantine", day)} == {
        name for (name,) in refused
    }
    assert {name for folder, name, at in kept if (folder, at) == ("raw", day)} == set(RESOURCES)
    assert {"pipeline_runs", *RESOURCES} <= {name for folder, name, _ in kept if folder == "validated"}


def test_a_lake_in_a_bucket_needs_its_credentials_once(
    open_shop: OpenShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes=FEW)
    with CLOUDS["s3"](monkeypatch, tmp_path) as address, shop.serve() as api:
        server = os.environ["AWS_ENDPOINT_URL"]
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in {**S3_CREDENTIALS, "ENDPOINT_URL": server}.items():
            monkeypatch.setenv(f"DESTINATION__RAW__CREDENTIALS__{name}", value)
        _in_lake(warehouse, address, monkeypatch).run(api, archive=True, archive_address=None)
        files = fsspec.filesystem("s3", endpoint_url=server, key="tests", secret="tests")
        assert files.glob("shop/raw/orders/*/*/*.json.gz")


def test_files_of_a_load_that_did_not_end_are_no_versions_and_its_rows_come_again(
    open_lake: OpenShop, tmp_path: Path
) -> None:
    shop, lake = open_lake(invalid_share=0.0)
    with shop.serve() as address:
        lake.run(address)
        _edit_orders(shop, status="edited")
        files = _files_of_orders(tmp_path)
        before = lake.query("SELECT id, status FROM ecommerce.orders ORDER BY 1")
        _fail_at(COMPLETE, lake, address)
        there = _files_of_orders(tmp_path)
        assert lake.query("SELECT id, status FROM ecommerce.orders ORDER BY 1") == before
        lake.run(address)
    assert len(there) > len(files)
    assert not (set(there) - set(files)) & set(_files_of_orders(tmp_path))
    assert differences(shop, lake.database) == []


def test_a_list_without_a_filter_adds_nothing_when_nothing_changed(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = verbatim
    lake = VerbatimWarehouse(warehouse.folder, monkeypatch, Lake(str(tmp_path / "lake"), tmp_path))
    shop.put("orders", [ORDER, {**ORDER, "id": 2}])
    with shop.serve() as address:
        lake.run(address)
        quiet = lake.run(address)
        shop.put("orders", [ORDER, {**ORDER, "id": 2, "status": "edited"}])
        lake.run(address)
    assert quiet.packages == []
    assert lake.query("SELECT id, status FROM ecommerce.orders ORDER BY 1") == [(1, "paid"), (2, "edited")]


def test_another_shop_is_kept_out_of_a_lake_whatever_is_asked_for(open_lake: OpenShop) -> None:
    shop, lake = open_lake(sizes=FEW)
    with shop.serve() as address:
        lake.run(address)
        with pytest.raises(SettingError, match="give another shop another `bucket_url`"):
            lake.run(address, Request(full_refresh=True), lake.profile(name="second"))


@pytest.mark.parametrize("step", ["_store_load", "_store_current_state"])
@pytest.mark.parametrize("folder_is_lost", [False, True])
def test_a_kill_while_a_load_is_noted_as_complete_loses_nothing(
    open_lake: OpenShop, tmp_path: Path, step: str, folder_is_lost: bool
) -> None:
    shop, lake = open_lake(invalid_share=0.0)
    with shop.serve() as address:
        lake.run(address)
        _edit_orders(shop, status="edited")
        _fail_at(f"dlt.destinations.impl.filesystem.filesystem.FilesystemClient.{step}", lake, address)
        if folder_is_lost:
            shutil.rmtree(tmp_path / "dlt")
        lake.run(address)
    assert differences(shop, lake.database) == []


def _files_of_orders(folder: Path) -> list[Path]:
    return list((folder / "lake" / "validated" / "orders").rglob("*.parquet"))


def _away(*_: Any, **__: Any) -> None:
    raise DestinationFailed("the lake is away")


def test_a_full_refresh_adds_all_rows_again_and_takes_none_away(open_lake: OpenShop, tmp_path: Path) -> None:
    shop, lake = open_lake(invalid_share=0.1)
    with shop.serve() as address:
        lake.run(address)
        files = _files_of_orders(tmp_path)
        outcome = lake.run(address, Request(full_refresh=True))
    assert {account.resource: account.loaded for account in outcome.accounts}["orders"] == len(
        shop.truth("orders")
    )
    assert set(files) < set(_files_of_orders(tmp_path))
    assert differences(shop, lake.database) == []


def test_the_views_of_the_page_show_the_rows_of_the_shop(open_lake: OpenShop) -> None:
    page = (ROOT / "docs" / "lake.md").read_text("utf-8")
    views = re.search(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert views is not None
    shop, lake = open_lake(invalid_share=0.1)
    with shop.serve() as address:
        lake.run(address)
        _edit_orders(shop, tags=["edited"])
        lake.run(address)
        truth = shop.truth("orders")
        _edit_orders(shop, tags=["never complete"], status="never complete")
        _fail_at(COMPLETE, lake, address)
    with duckdb.connect() as connection:  # the paths of the page begin in the present folder
        connection.execute(views.group(1))
        orders = connection.execute(
            "SELECT count(*), sum(total_amount) FROM orders WHERE status <> 'never complete'"
        ).fetchall()
        tags = connection.execute("SELECT count(*) FROM orders__tags").fetchall()
        refused = connection.execute(
            "SELECT DISTINCT rejected_id FROM rejected_records ORDER BY 1"
        ).fetchall()
    assert orders == [(len(truth), sum(Decimal(row["total_amount"]) for row in truth))]
    assert tags == [(sum(len(row["tags"]) for row in truth),)]
    assert refused == lake.query("SELECT rejected_id FROM ecommerce.rejected_records ORDER BY 1") != []


COMMANDS: dict[str, Callable[[Request, Any], Any]] = {
    "sweep": sweep,
    "verify": verify,
    "replay": replay_rejected,
    "replay --archive": replay_archive,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_changes_or_compares_rows_is_refused(open_lake: OpenShop, command: str) -> None:
    shop, lake = open_lake(sizes=FEW)
    said = f"`{command.split(maxsplit=1)[0]}` needs a warehouse: it changes or compares rows by SQL"
    with shop.serve() as address:
        lake.run(address)
        with pytest.raises(SettingError, match=said):
            COMMANDS[command](Request(), lake.settings(address, lake.profile()))


def test_a_list_whose_only_load_did_not_end_is_not_missed_in_a_bucket_at_each_run(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = verbatim
    with CLOUDS["s3"](monkeypatch, tmp_path) as bucket, shop.serve() as address:
        lake = VerbatimWarehouse(warehouse.folder, monkeypatch, Lake(bucket, tmp_path))
        shop.put("orders", [ORDER])
        lake.run(address)
        shop.put("orders", [{**ORDER, "extra": [1, 2]}])
        _fail_at(COMPLETE, lake, address)
        shop.put("orders", [{**ORDER, "status": "edited"}])
        lake.run(address)
        assert lake.run(address).packages == []
        assert lake.query("SELECT id, status FROM ecommerce.orders") == [(1, "edited")]
