"""What somebody deletes or cuts short in a lake by hand is missed, and comes again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ecommerce_pipeline.errors import DestinationFailed
from tests.contract.conftest import OpenShop
from tests.support.truth import differences

pytestmark = pytest.mark.door("lake", "delta")

FEW = {"customers": 8, "products": 5, "orders": 12}
VALIDATED = "lake/validated"


@pytest.mark.parametrize("gone", ["orders", "orders__tags", "pipeline_runs", "_dlt_loads"])
def test_a_folder_that_somebody_deleted_is_filled_again(
    gone: str, open_shop: OpenShop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop, lake = open_shop(sizes=FEW)
    with shop.serve() as address:
        lake.run(address)
        shutil.rmtree(tmp_path / VALIDATED / gone)
        lake.run(address)
        assert "read again" in caplog.text or "reads from the beginning" in caplog.text
        assert differences(shop, lake.database) == []
        before = len(lake.run(address).packages)
    assert before == 0, "what is whole is not read again"


def test_a_folder_of_tables_that_a_kill_left_empty_is_no_obstacle(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    shop, lake = open_shop(sizes=FEW)
    (tmp_path / VALIDATED).mkdir(parents=True)
    with shop.serve() as address:
        lake.run(address)
    assert differences(shop, lake.database) == []


def test_a_state_that_is_cut_short_is_named_and_without_it_what_came_since_is_read_again(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    shop, lake = open_shop(sizes=FEW)
    with shop.serve() as address:
        lake.run(address)
        shop.update("orders", shop.truth("orders")[0]["id"], status="shipped")
        lake.run(address)
        states = sorted((tmp_path / VALIDATED / "_dlt_pipeline_state").glob("ecommerce__*"))
        assert len(states) == 2
        states[-1].write_text(states[-1].read_text("utf-8")[:20], "utf-8")
        with pytest.raises(DestinationFailed, match=r"_dlt_pipeline_state.*Delete the newest file there"):
            lake.run(address)
        states[-1].unlink()
        shop.update("orders", shop.truth("orders")[1]["id"], status="shipped")
        assert [
            account.fetched > 0 for account in lake.run(address).accounts if account.resource == "orders"
        ] == [True]
    assert differences(shop, lake.database) == []
