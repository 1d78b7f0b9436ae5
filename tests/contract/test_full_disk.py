"""G3: a full disk ends a run in one sentence; once there is room, the next run makes the warehouse equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from ecommerce_pipeline.errors import DestinationFailed
from tests.contract.conftest import SMALL
from tests.support.disk import SmallDisk, small_disk
from tests.support.truth import differences
from tests.support.warehouse import Warehouse

pytestmark = [
    pytest.mark.door("duckdb"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""A writer of dlt's that a full disk has ended is closed by the garbage collector."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as found:
        yield found


@pytest.mark.parametrize("kilobytes", [0, 40, 200, 900])
def test_a_full_disk_is_named_and_costs_nothing(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, kilobytes: int
) -> None:
    shop = DemoShop(ShopOptions(sizes=SMALL, page_size=20))
    folder = disk.folder / "project"
    folder.mkdir()
    warehouse = Warehouse(folder, shop, monkeypatch)
    profile = warehouse.profile()
    with shop.serve() as address:
        with (
            disk.filled(kilobytes * 1024),
            pytest.raises(
                DestinationFailed, match=r"No space left on device|could not.*[wW]rite|[Oo]ut of space"
            ),
        ):
            warehouse.run(address, profile=profile, archive=kilobytes == 0, archive_address="archive")
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []
