"""The shop keeps its books: totals, times, children, tombstones, contract."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from ecommerce_pipeline.demo import ABSENT, RESOURCES, DemoShop, ShopOptions, ledger
from ecommerce_pipeline.demo.contract import broken_fields
from ecommerce_pipeline.errors import SettingError
from tests.demo.client import SMALL
from tests.demo.conftest import Open

NOON = datetime(2026, 3, 1, 12, 0, 0, 987_654, tzinfo=UTC)


def shop_of(**options: object) -> DemoShop:
    return DemoShop(ShopOptions(**{"sizes": SMALL, "invalid_share": 0, "clock": lambda: NOON, **options}))  # type: ignore[arg-type]


def wrong_totals(shop: DemoShop) -> list[int]:
    """Ids of orders whose books are not exact."""
    lines: dict[int, list[Decimal]] = defaultdict(list)
    for row in shop.truth("order_items"):
        amount = row["quantity"] * Decimal(row["unit_price"]) - Decimal(row["discount_amount"])
        assert amount == Decimal(row["line_amount"]) >= 0
        lines[row["order_id"]].append(amount)
    wrong = []
    for row in shop.truth("orders"):
        money = {name: Decimal(row[name]) for name in row if name.endswith("_amount")}
        total = money["subtotal_amount"] - money["discount_amount"] + money["tax_amount"]
        total += money["shipping_amount"] - money["refunded_amount"]
        if money["total_amount"] != total or money["subtotal_amount"] != sum(lines[row["id"]]) or total < 0:
            wrong.append(row["id"])
    return wrong


def test_totals_are_exact_after_500_writes_and_a_week_of_life() -> None:
    shop = shop_of()
    kinds = {shop.touch_random(Random(number)) for number in range(500)}
    shop.advance(shop.options.opened_at + timedelta(days=7))
    assert {"new_order", "edit_order", "remove_line", "delete_order", "delete_customer"} <= kinds
    assert wrong_totals(shop) == []


def test_the_check_of_totals_finds_an_order_that_does_not_follow_its_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = shop_of()
    monkeypatch.setattr(ledger.Ledger, "settle", lambda *_: None)
    line = shop.truth("order_items")[0]
    shop.remove_line(line["order_id"], line["id"])
    assert wrong_totals(shop) == [line["order_id"]]


def test_no_child_is_without_its_parent_after_500_writes() -> None:
    shop = shop_of()
    for number in range(500):
        shop.touch_random(Random(number))
    ids = {name: {row["id"] for row in shop.truth(name)} for name in RESOURCES}
    assert {row["customer_id"] for row in shop.truth("orders")} <= ids["customers"]
    for child in ("order_items", "payments", "deliveries"):
        assert {row["order_id"] for row in shop.truth(child)} <= ids["orders"]


@pytest.mark.parametrize("precision", ["microsecond", "millisecond", "second"])
def test_times_are_in_order_and_cut_to_the_precision(precision: str) -> None:
    shop = shop_of(precision=precision)
    for number in range(100):
        shop.touch_random(Random(number))
    digits = {"microsecond": 6, "millisecond": 3, "second": 0}[precision]
    for row in shop.truth("orders") + shop.truth("customers"):
        created, updated = row["created_at"], row["updated_at"]
        assert len(updated.partition(".")[2]) == (digits + 1 if digits else 0)
        assert created <= updated <= f"{NOON.isoformat()[: len(updated) - 1]}Z"


def test_an_edit_moves_updated_at_to_the_shops_clock() -> None:
    shop = shop_of(precision="millisecond")
    assert shop.update("orders", 5, status="edited")["updated_at"] == "2026-03-01T12:00:00.987Z"


def test_a_removed_line_moves_its_order() -> None:
    shop = shop_of()
    line = shop.truth("order_items")[0]
    shop.remove_line(line["order_id"], line["id"])
    order = next(row for row in shop.truth("orders") if row["id"] == line["order_id"])
    assert order["updated_at"] == "2026-03-01T12:00:00.987654Z"
    assert line not in shop.truth("order_items")


def test_an_added_line_raises_the_total() -> None:
    shop = shop_of()
    before = shop.truth("orders")[0]
    line = shop.add_line(before["id"], quantity=3, unit_price="1.99")
    after = shop.truth("orders")[0]
    assert line["line_amount"] == "5.97"
    assert Decimal(after["total_amount"]) - Decimal(before["total_amount"]) == Decimal("5.97")


def test_a_deleted_customer_takes_orders_and_their_children_along() -> None:
    shop = shop_of()
    order = shop.truth("orders")[0]
    shop.delete("customers", order["customer_id"])
    assert order["id"] not in {row["id"] for row in shop.truth("orders")}
    assert order["id"] not in {row["order_id"] for row in shop.truth("order_items")}


def test_tombstones_stay_in_the_list_and_move_to_its_end(opened: Open) -> None:
    client = opened(tombstones=True, invalid_share=0)
    client.shop.delete("orders", 7)
    rows = client.rows("orders")
    gone = [row for row in rows if row["deleted_at"]]
    assert (len(rows), rows[-1]) == (50, gone[0])
    assert gone[0]["id"] == 7
    assert gone[0]["deleted_at"] == gone[0]["updated_at"]
    assert (client.shop.count("orders"), len(client.shop.truth("orders"))) == (49, 49)


def test_without_tombstones_a_deleted_row_vanishes(opened: Open) -> None:
    client = opened()
    client.shop.delete("orders", 7)
    assert 7 not in {row["id"] for row in client.rows("orders")}
    with pytest.raises(KeyError, match="7"):
        client.shop.update("orders", 7, status="edited")


@pytest.mark.parametrize(
    ("field", "value"),
    [("total_amount", "12,50"), ("status", ABSENT), ("customer_id", "x"), ("status", None)],
)
def test_a_value_against_the_contract_is_served_until_it_is_mended(field: str, value: object) -> None:
    shop = shop_of()
    shop.update("orders", 3, **{field: value})
    assert [(row["id"], broken_fields("orders", row)) for row in shop.invalid("orders")] == [(3, [field])]
    if field != "total_amount":
        shop.update("orders", 3, **{field: {"status": "paid", "customer_id": 1}[field]})
        assert shop.invalid("orders") == []


def test_an_amount_that_the_shop_computes_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="total_amount"):
        shop_of().update("orders", 3, total_amount="1.00")


def test_an_unknown_field_is_kept_as_it_is() -> None:
    shop = shop_of()
    assert shop.insert("customers", tier={"name": "gold"})["tier"] == {"name": "gold"}


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_record_can_be_inserted_into_every_list(resource: str) -> None:
    shop = shop_of(sizes={"customers": 0, "products": 0, "orders": 0})
    assert shop.insert(resource) in shop.truth(resource)
    assert wrong_totals(shop) == []


def test_writes_happen_before_each_list_is_answered(opened: Open) -> None:
    client = opened(writes_per_request=5, invalid_share=0)
    before = client.get("/api/orders").content
    assert client.get("/api/orders").content != before
    client.shop.change(writes_per_request=0)
    assert client.get("/api/orders").content == client.get("/api/orders").content


def test_an_open_shop_cannot_change_what_shaped_its_data() -> None:
    with pytest.raises(SettingError, match="`precision`"):
        shop_of().change(precision="second")
