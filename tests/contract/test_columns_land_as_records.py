"""Whether rows go as columns or as single records, the warehouse is the same: tables, types, rows, keys."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ecommerce_pipeline.source.columnar.handover import Handover
from tests.support.paged import Rows, paged_shop
from tests.support.truth import RESOURCES
from tests.support.verbatim import ORDER
from tests.support.ways import PAGE_SIZE, PLAIN, Variant, compare, ways

pytestmark = pytest.mark.door("duckdb")

ROWS = 700
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
UGLY: list[Any] = [
    *(
        None,
        "",
        " ",
        "ä\u2028",
        "01234",
        "null",
        "\u0000",
        "\uf026x",
        "\ud83d\ude00",
        '"quoted"',
        "a\\b",
        "x" * 5000,
    ),
    *(0, -1, 2**53 + 1, 2**63 - 1, 2**63, 10**40, True, False, 1.5, 0.1, -0.0, 1e300, 5e-324),
    *(Decimal("0.10000000000000000000001"), Decimal("1E+400"), Decimal("12.50"), Decimal("2.0")),
    *(
        "2026-01-01T00:00:00Z",
        "2026-02-30",
        [],
        {},
        [1, "a"],
        [None],
        [[1]],
        {"a": {"b": [1]}},
        [{"x": 1}, {}],
    ),
]
REGULAR: dict[str, Any] = {
    "note": "text",
    "größe": "XL",
    "weight": 1.25,
    "count": 7,
    "gift": True,
    "nothing": None,
    "meta": {"channel": "web", "deep": {"step": 1, "rate": 0.5}},
    "labels": ["a", "b"],
    "parcels": [
        {"carrier": "DHL", "kg": 1.5, "stops": [{"city": "Köln", "km": 1.5, "scans": ["a"]}, {"city": None}]},
        {"carrier": "UPS", "stops": []},
    ],
}
LINE: dict[str, Any] = {
    "id": 7,
    "product_id": 3,
    "quantity": 2,
    "unit_price": "9.98",
    "taxes": [{"rate": "0.19", "title": "VAT"}],
}
LISTS: dict[str, Any] = {name: {"path": name} for name in RESOURCES if name != "order_items"}
EMBEDDED: dict[str, Any] = {
    "embedded_in": "orders",
    "embedded_field": "items",
    "parent_field": "order_id",
}
VARIANTS: dict[str, Variant] = {
    "plain": PLAIN,
    "embedded": ({"resources": {**LISTS, "order_items": EMBEDDED}}, {}),
    "masked": (
        {},
        {"personal_hashed": "orders.shipping_address, orders.items.id", "personal_salt": "x" * 32},
    ),
}
FIELDS = ("status", "currency", "total_amount", "customer_id", "tags", "shipping_address", *REGULAR)


def _order(number: int, random: Random) -> dict[str, Any]:
    """An order whose undeclared fields are mostly of one kind, as a shop's are; some are gone, few are ugly."""
    stamp = BEGAN + timedelta(seconds=number)
    row: dict[str, Any] = {
        "id": number,
        "customer_id": random.choice([None, 1, 2]),
        "status": "paid",
        "currency": "EUR",
        "total_amount": f"{random.randrange(10**6) / 100:.2f}",
        "placed_at": "2026-01-01T00:00:00+02:00",
        "updated_at": stamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "shipping_address": {
            "street": f"Straße {number}",
            "city": "Köln",
            "postal_code": "50667",
            "country": "DE",
        },
        "tags": random.sample(["a", "ü", "c"], random.randrange(4)),
        **copy.deepcopy(REGULAR),
    }
    for name in random.sample(FIELDS, random.randrange(3)):
        row.pop(name)
    row["parcels"] = (
        copy.deepcopy(random.sample(REGULAR["parcels"], random.randrange(3))) if random.random() < 0.5 else []
    )
    for parcel in row["parcels"][:1] if random.random() < 0.1 else []:
        # A number that no column is tested for.
        parcel["stops"] = [{"city": "Bonn", "km": Decimal("0.12345678901234567890123"), "scans": []}]
    row["items"] = [_line(number, random) for _ in range(random.randrange(4))]
    if random.random() < 0.1:
        row.pop("items")
    elif random.random() < 0.01:
        row["items"] = random.choice([None, {}, "none", [None]])
    if random.random() < 0.08:
        row[random.choice([*FIELDS, "new", "newer"])] = random.choice(UGLY)
    if random.random() < 0.04:
        row.setdefault("shipping_address", {})
        row["shipping_address"] = {"city": random.choice(UGLY), "floor": 3}
    return row


def _orders(count: int, **fields: Any) -> Rows:
    """Orders that are alike but for key and cursor."""
    stamps = [(BEGAN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ") for number in range(count)]
    return [{**ORDER, "id": number, "updated_at": stamp, **fields} for number, stamp in enumerate(stamps)]


def _line(order: int, random: Random) -> dict[str, Any]:
    """A line of an order, which may say itself whose it is and when it changed; few are wrong."""
    line = {**copy.deepcopy(LINE), "id": order * 10 + random.randrange(10)}
    if random.random() < 0.5:
        line["order_id"] = order
    if random.random() < 0.2:
        line["updated_at"] = random.choice(["2026-01-05T00:00:00Z", None])
    if random.random() < 0.01:
        line[random.choice(["order_id", "updated_at"])] = random.choice(UGLY)
    if random.random() < 0.01:
        line[random.choice([*LINE, "new"])] = random.choice(UGLY)
    if random.random() < 0.1:
        line["taxes"] = []
    return line


@pytest.mark.parametrize(
    ("variant", "seed"),
    [
        ("plain", 0),
        ("embedded", 2),
        ("masked", 4),
        pytest.param("plain", 7, marks=pytest.mark.long),
        pytest.param("embedded", 5, marks=pytest.mark.long),
    ],
)
def test_ugly_rows_land_alike_as_columns_and_as_records(
    variant: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = _count_written(monkeypatch)
    random = Random(seed)
    shop: dict[str, Rows] = {"orders": [_order(number, random) for number in range(ROWS)]}
    both = ways(tmp_path, monkeypatch, VARIANTS[variant])
    with paged_shop(shop, PAGE_SIZE) as address:
        compare(both, address)
        for number in random.sample(range(ROWS), ROWS // 2):
            shop["orders"][number] = _order(number + 2 * ROWS, random) | {"id": number}
        shop["orders"].sort(key=lambda row: str(row["updated_at"]))
        compare(both, address)
    assert {"orders__tags", "orders__labels", "orders__parcels"} <= {table for table, *_ in both[1].columns()}
    assert written["orders"] > 200, "many rows of later pages go as columns"
    assert written["orders__parcels__stops__scans"] > 0
    assert (
        variant != "embedded"
        or min(written["orders__order_items"], written["orders__order_items__taxes"]) > 20
    )


@pytest.mark.parametrize("depth", [5, 7, 8, 14])
def test_objects_nested_deeper_than_columns_go_land_alike(
    depth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep: Any = 1
    for level in range(depth):
        deep = {f"level{level}": deep}
    orders = _orders(60, deep=deep)
    both = ways(tmp_path, monkeypatch, PLAIN)
    with paged_shop({"orders": orders}, PAGE_SIZE) as address:
        compare(both, address)


@pytest.mark.parametrize(
    ("field", "value"), [("updated_at", 5), ("order_id", "one"), ("order_id", True), ("order_id", {})]
)
def test_a_line_that_says_something_odd_of_its_order_costs_no_other(
    field: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = _count_written(monkeypatch)
    orders = _orders(200)[1:]
    for order in orders:
        odd = {field: value} if order["id"] in (3, 150) else {}
        order["items"] = [{**LINE, "id": order["id"], **odd}]
    both = ways(tmp_path, monkeypatch, VARIANTS["embedded"])
    with paged_shop({"orders": orders}, PAGE_SIZE) as address:
        compare(both, address)
    assert both[0].warehouse.query("SELECT count(*) FROM ecommerce.orders__order_items") == [(197,)]
    assert written["orders__order_items"] > 170


def test_an_object_in_several_lines_in_the_place_of_a_number_costs_no_other_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = _count_written(monkeypatch)
    orders = _orders(199, weight=Decimal("1.5"))
    orders[120]["weight"] = {"value": Decimal("1.5"), "unit": "kg"}
    both = ways(tmp_path, monkeypatch)
    with paged_shop({"orders": orders}, PAGE_SIZE, indent=1) as address:
        compare(both, address)
        compare(both, address)
    assert written["orders"] > 150


@pytest.mark.parametrize("field", ["note", "weight", "unknown"])
def test_a_page_with_a_byte_that_is_no_text_is_asked_for_again(
    field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, spoilt = _orders(199, weight=Decimal("1.5"), note="text"), b"a word"
    orders[120][field] = spoilt.decode()
    left: list[bytes] = []

    def sent(body: bytes) -> bytes:
        return body.replace(spoilt, left.pop()) if spoilt in body and left else body

    both = ways(tmp_path, monkeypatch)
    with paged_shop({"orders": orders}, PAGE_SIZE, sent=sent) as address:
        for way in both:
            left.append(b"caf\xe9")
            assert [dict(found.retries) for found in way.run(address).accounts if found.retries] == [
                {"broken_json": 1}
            ]
        compare(both, address)


def _count_written(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many rows go as columns, by table."""
    written: Counter[str] = Counter()
    write = Handover.write

    def counted(self: Handover, table: str, columns: Any, rows: int) -> None:
        written[table] += rows
        write(self, table, columns, rows)

    monkeypatch.setattr(Handover, "write", counted)
    return written
