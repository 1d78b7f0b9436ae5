"""The archive in S3 and in Google's cloud: written, read again, kept tidy, and named where it cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import pytest

from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.replay.run import replay_archive
from tests.contract.conftest import OpenShop
from tests.support.clouds import CLOUDS
from tests.support.truth import differences

pytestmark = pytest.mark.door("duckdb")


@pytest.fixture(params=sorted(CLOUDS))
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The address of an empty bucket."""
    with CLOUDS[request.param](monkeypatch, tmp_path) as address:
        yield address


def test_a_warehouse_that_is_lost_is_loaded_again_from_the_bucket(open_shop: OpenShop, bucket: str) -> None:
    shop, warehouse = open_shop()
    address_of = f"{bucket}/raw"
    with shop.serve() as address:
        warehouse.run(address, archive=True, archive_address=address_of)
        shop.update("orders", shop.truth("orders")[0]["id"], status="paid")
        warehouse.run(address, archive=True, archive_address=address_of)
    warehouse.door.delete()
    settings = warehouse.settings(
        "http://127.0.0.1:1", warehouse.profile(), archive=True, archive_address=address_of
    )
    replayed = replay_archive(Request(), settings)
    assert replayed.complete and not replayed.damaged
    assert differences(shop, warehouse.database) == []


def test_days_that_are_too_old_leave_the_bucket(open_shop: OpenShop, bucket: str) -> None:
    shop, warehouse = open_shop(sizes={"customers": 5, "products": 5, "orders": 5})
    old = (
        f"{bucket}/raw/orders/{datetime.now(UTC) - timedelta(days=40):%Y-%m-%d}/20200101T000000-old/1.json.gz"
    )
    with fsspec.open(old, "wb") as file:
        file.write(b"old")
    with shop.serve() as address:
        warehouse.run(address, archive=True, archive_address=f"{bucket}/raw", archive_retention_days=30)
    files, root = fsspec.core.url_to_fs(f"{bucket}/raw")
    files.invalidate_cache()
    found = files.find(root)
    assert found and not [path for path in found if "-old" in path]


def test_a_bucket_that_is_not_there_is_named_and_the_cursor_stays(open_shop: OpenShop, bucket: str) -> None:
    shop, warehouse = open_shop(sizes={"customers": 5, "products": 5, "orders": 5})
    nowhere = f"{bucket}-nowhere/raw"
    with shop.serve() as address:
        with pytest.raises(DestinationFailed, match=r"archive .*nowhere.* cannot be written.*cursor"):
            warehouse.run(address, archive=True, archive_address=nowhere)
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []
