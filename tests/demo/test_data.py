"""The data of the first day, its invalid records, and the life that follows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.demo import RESOURCES, DemoShop, ShopOptions, open_demo_shop
from ecommerce_pipeline.demo.contract import broken_fields
from ecommerce_pipeline.demo.invalid import BREAKAGES
from ecommerce_pipeline.demo.options import truncate
from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.wire import Wire, instant_parser
from tests.demo.client import SMALL, Row
from tests.demo.conftest import Open

WIRE = Wire(instant_parser("rfc3339"), id_type="integer")
OPENED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def everything(shop: DemoShop) -> dict[str, list[Row]]:
    return {name: shop.truth(name) + shop.invalid(name) for name in RESOURCES}


def accepted(resource: str, row: Row) -> bool:
    try:
        MODELS[resource].model_validate(row, context=WIRE)
    except ValueError:
        return False
    return True


def test_the_usual_shop_has_the_usual_sizes() -> None:
    shop = DemoShop()
    assert [shop.count(name) for name in ("customers", "products", "orders", "payments")] == [
        300,
        120,
        1000,
        1000,
    ]
    assert 2500 < shop.count("order_items") < 2900
    assert 850 < shop.count("deliveries") < 950


def test_the_same_seed_and_clock_give_the_same_bytes(opened: Open) -> None:
    bodies = []
    for _ in range(2):
        client = opened(clock=lambda: OPENED)
        client.shop.advance(client.shop.options.opened_at + timedelta(days=2))
        client.shop.touch_random()
        bodies.append([client.get(f"/api/{name}", page_size=1000).content for name in RESOURCES])
    assert bodies[0] == bodies[1]


def test_another_seed_gives_another_shop() -> None:
    assert everything(DemoShop(ShopOptions(seed=1))) != everything(DemoShop(ShopOptions(seed=2)))


def test_orders_follow_their_customers_within_ninety_days() -> None:
    shop = DemoShop(ShopOptions(opened_at=OPENED, invalid_share=0))
    created = {row["id"]: row["created_at"] for row in shop.truth("customers")}
    for row in shop.truth("orders"):
        assert created[row["customer_id"]] <= row["created_at"] <= row["updated_at"]
    times = [row[name] for row in shop.truth("orders") for name in ("created_at", "updated_at")]
    assert (OPENED - timedelta(days=90)).isoformat() < min(times)
    assert max(times) < OPENED.isoformat()


def test_a_block_of_rows_shares_one_second() -> None:
    shop = DemoShop(ShopOptions(sizes=SMALL, same_second_block=25, invalid_share=0))
    for resource, size in (("customers", 25), ("orders", 25), ("products", 10)):
        times = [row["updated_at"] for row in shop.truth(resource)]
        assert times.count(max(times)) == size


def test_invalid_records_have_the_share_that_was_asked_for_and_all_kinds() -> None:
    shop = DemoShop(ShopOptions(invalid_share=0.1))
    assert 60 < len(shop.invalid("orders")) < 140
    for resource in RESOURCES:
        found = {name for row in shop.invalid(resource) for name in broken_fields(resource, row)}
        assert len(shop.truth(resource)) + len(shop.invalid(resource)) == shop.count(resource)
        if resource not in ("products", "customers"):
            assert found == {breakage.field for breakage in BREAKAGES[resource]}


def test_a_broken_updated_at_is_served_where_the_true_one_stands(opened: Open) -> None:
    client = opened(invalid_share=0)
    third = client.rows("orders")[2]
    client.shop.update("orders", third["id"], updated_at="yesterday")
    rows = client.rows("orders")
    assert (rows[-1]["id"], rows[-1]["updated_at"]) == (third["id"], "yesterday")


def test_the_pipelines_records_agree_with_the_shop_on_what_is_valid() -> None:
    shop = DemoShop(ShopOptions(invalid_share=0.2))
    shop.advance(shop.options.opened_at + timedelta(days=3))
    for resource in RESOURCES:
        assert all(accepted(resource, row) for row in shop.truth(resource))
        assert not any(accepted(resource, row) for row in shop.invalid(resource))


def test_life_goes_on_by_the_schedule() -> None:
    shop = DemoShop(ShopOptions(sizes=SMALL, opened_at=OPENED))
    assert shop.advance(OPENED + timedelta(seconds=1.9)) == 0
    assert shop.advance(OPENED + timedelta(seconds=2)) == 1
    assert shop.advance(OPENED + timedelta(hours=1)) == int(1800 ** (2 / 3)) - 1
    assert shop.advance(OPENED + timedelta(hours=1)) == 0


def test_life_is_the_same_in_one_step_and_in_many() -> None:
    shops = [DemoShop(ShopOptions(sizes=SMALL, opened_at=OPENED)) for _ in range(2)]
    shops[0].advance(OPENED + timedelta(days=1))
    for hour in range(25):
        shops[1].advance(OPENED + timedelta(hours=hour))
    assert everything(shops[0]) == everything(shops[1])


def test_a_live_shop_lives_by_its_clock(opened: Open) -> None:
    client = opened(opened_at=OPENED, live=True, clock=lambda: OPENED)
    total = client.get("/api/orders").json()["total"]
    client.shop.change(clock=lambda: OPENED + timedelta(days=1))
    assert client.get("/api/orders").json()["total"] > total


def test_the_shop_of_a_folder_lives_on(tmp_path: Path) -> None:
    first = open_demo_shop(tmp_path / "data", OPENED, sizes=SMALL)
    again = open_demo_shop(tmp_path / "data", OPENED, sizes=SMALL)
    later = open_demo_shop(tmp_path / "data", OPENED + timedelta(hours=3), sizes=SMALL)
    assert everything(first) == everything(again)
    changed = [row for row in later.truth("orders") if row["updated_at"] >= OPENED.isoformat()]
    assert changed
    untouched = [row for row in later.truth("orders") if row["updated_at"] < OPENED.isoformat()]
    assert all(row in first.truth("orders") for row in untouched)


def test_the_folders_file_holds_seed_and_opening(tmp_path: Path) -> None:
    open_demo_shop(tmp_path, OPENED, seed=11, sizes=SMALL)
    document: dict[str, Any] = json.loads((tmp_path / "demo_shop.json").read_text())
    assert document == {"seed": 11, "opened_at": "2026-03-01T12:00:00+00:00"}


@pytest.mark.parametrize("text", ["", "{}", '{"seed": "x", "opened_at": "2026-01-01T00:00:00+00:00"}'])
def test_a_damaged_file_is_named_with_the_cure(tmp_path: Path, text: str) -> None:
    (tmp_path / "demo_shop.json").write_text(text)
    with pytest.raises(SettingError, match=r"demo_shop\.json.*delete the file"):
        open_demo_shop(tmp_path, OPENED)


def test_another_seed_for_the_same_folder_is_refused(tmp_path: Path) -> None:
    open_demo_shop(tmp_path, OPENED, sizes=SMALL)
    with pytest.raises(SettingError, match="`seed` 7, got 8"):
        open_demo_shop(tmp_path, OPENED, seed=8)


def test_instants_are_cut_and_never_rounded() -> None:
    moment = datetime(2026, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC)
    assert truncate(moment, "millisecond").microsecond == 999_000
    assert truncate(moment, "second").microsecond == 0
