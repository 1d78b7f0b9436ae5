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
from dlt.common.normalizers.json.helpers import get_nested_row_hash

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from ecommerce_pipeline.load.run import Outcome
from ecommerce_pipeline.source.columnar.handover import Handover
from tests.support.paged import Rows, paged_shop
from tests.support.truth import RESOURCES
from tests.support.verbatim import ORDER
from tests.support.warehouse import Warehouse

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PAGE_SIZE = 20
OF_A_RUN = {"_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_load_id", "_run_id", "_loaded_at"}
OF_A_PAGE = {"_source", "_version"}
"""A row at the edge of two pages comes with both; which of the two is kept, as they are equal, is not said."""
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
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
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


class _Way:
    """One of the two ways into a warehouse of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, columnar: bool, variant: str) -> None:
        folder.mkdir()
        self._profile, self._settings = VARIANTS[variant]
        nothing = DemoShop(ShopOptions(sizes={"customers": 0, "products": 0, "orders": 0}))
        self.warehouse = Warehouse(folder, nothing, monkeypatch)
        self._monkeypatch, self._columnar = monkeypatch, columnar

    def run(self, address: str) -> Outcome:
        self.warehouse.enter(self._monkeypatch)
        cursor = {"until_param": None, "lag_seconds": 0.0}
        profile = self.warehouse.profile(cursor=cursor, **self._profile)
        settings = {"page_size": PAGE_SIZE, "columnar": self._columnar, **self._settings}
        return self.warehouse.run(address, profile=profile, **settings)

    def columns(self) -> set[tuple[Any, ...]]:
        query = "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        return set(
            self.warehouse.query(
                f"{query} WHERE table_schema = 'ecommerce' AND table_name NOT LIKE '\\_dlt%' ESCAPE '\\'"
            )
        )

    def rows(self, table: str) -> list[str]:
        """All rows, without what is another one in each run; elements of lists with the key of their row."""
        if "__" not in table:
            found = self.warehouse.rows(f"SELECT * FROM ecommerce.{table}")
        else:
            root = table.split("__", maxsplit=1)[0]
            found = self.warehouse.rows(
                f"SELECT p.id AS parent, c.* FROM ecommerce.{table} AS c"
                f" JOIN ecommerce.{root} AS p ON p._dlt_id = c._dlt_root_id"
            )
        kept = [
            {name: value for name, value in row.items() if name not in OF_A_RUN | OF_A_PAGE} for row in found
        ]
        return sorted(repr(sorted(row.items())) for row in kept)

    def check_keys(self, table: str) -> None:
        links = self.warehouse.query(f"SELECT _dlt_id, _dlt_parent_id, _dlt_list_idx FROM ecommerce.{table}")
        for key, parent, place in links:
            assert key == get_nested_row_hash(parent, table, place)


@pytest.mark.parametrize(
    ("variant", "seed"), [("plain", 0), ("plain", 7), ("embedded", 2), ("embedded", 5), ("masked", 4)]
)
def test_ugly_rows_land_alike_as_columns_and_as_records(
    variant: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = _count_written(monkeypatch)
    random = Random(seed)
    shop: dict[str, Rows] = {"orders": [_order(number, random) for number in range(300)]}
    ways = [_Way(tmp_path / name, monkeypatch, name == "columns", variant) for name in ("columns", "records")]
    with paged_shop(shop, PAGE_SIZE) as address:
        _compare(ways, address)
        for number in random.sample(range(300), 150):
            shop["orders"][number] = _order(number + 1000, random) | {"id": number}
        shop["orders"].sort(key=lambda row: str(row["updated_at"]))
        _compare(ways, address)
    assert written["orders"] > 100, "many rows of later pages go as columns"
    assert written["orders__parcels__stops__scans"] > 0
    assert (
        variant != "embedded"
        or min(written["orders__order_items"], written["orders__order_items__taxes"]) > 20
    )


@pytest.mark.parametrize(
    ("field", "value"), [("updated_at", 5), ("order_id", "one"), ("order_id", True), ("order_id", {})]
)
def test_a_line_that_says_something_odd_of_its_order_costs_no_other(
    field: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = _count_written(monkeypatch)
    orders: Rows = []
    for number in range(1, 200):
        stamp = (BEGAN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        odd = {field: value} if number in (3, 150) else {}
        orders.append({**ORDER, "id": number, "updated_at": stamp, "items": [{**LINE, "id": number, **odd}]})
    ways = [
        _Way(tmp_path / name, monkeypatch, name == "columns", "embedded") for name in ("columns", "records")
    ]
    with paged_shop({"orders": orders}, PAGE_SIZE) as address:
        _compare(ways, address)
    assert ways[0].warehouse.query("SELECT count(*) FROM ecommerce.orders__order_items") == [(197,)]
    assert written["orders__order_items"] > 170


def _count_written(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many rows go as columns, by table."""
    written: Counter[str] = Counter()
    write = Handover.write

    def counted(self: Handover, table: str, columns: Any, rows: int) -> None:
        written[table] += rows
        write(self, table, columns, rows)

    monkeypatch.setattr(Handover, "write", counted)
    return written


def _compare(ways: list[_Way], address: str) -> None:
    outcomes = [way.run(address) for way in ways]
    counts = [
        [(a.resource, a.pages, a.fetched, a.loaded, a.repeated, a.rejected) for a in outcome.accounts]
        for outcome in outcomes
    ]
    assert counts[0] == counts[1]
    columns, records = ways
    assert columns.columns() == records.columns()
    tables = {table for table, *_ in records.columns()} - {"pipeline_runs"}
    for table in sorted(tables):
        assert columns.rows(table) == records.rows(table), table
        if table.startswith("orders__"):
            columns.check_keys(table)
