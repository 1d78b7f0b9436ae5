"""A real retailer's year behind the demo shop's API: read-only, second precision, odd as it is.

| data set                | API                                                                  |
|-------------------------|----------------------------------------------------------------------|
| household               | customer; `updated_at` is the first purchase                         |
| product                 | product; price and `updated_at` of its last sale, else 0.00 and 2017 |
| basket                  | order; subtotal = sum of its lines, discount = manufacturers' coupons |
| transaction line        | order item; id is its number in the file, from 1                     |
| sales_value             | line_amount                                                          |
| retail_disc, coupon_match_disc | the line's discount_amount                                    |

Unit prices are computed and rounded to four decimals, so `quantity * unit_price` may miss the line's
amount by a fraction of a cent; where the quantity is 0, the price is what one piece would have cost.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from ecommerce_pipeline.demo.columns import Columns, moment
from ecommerce_pipeline.demo.contract import Row
from ecommerce_pipeline.demo.dataset import Figures, cents, figures, integers, read_table, seconds
from ecommerce_pipeline.demo.listing import Selection, Slice, take
from ecommerce_pipeline.demo.options import ShopOptions
from ecommerce_pipeline.demo.rows import NOTHING
from ecommerce_pipeline.demo.rows import cents as amount
from ecommerce_pipeline.demo.served import ServedShop
from ecommerce_pipeline.errors import SettingError

__all__ = ["Figures", "RealShop", "figures", "open_real_shop"]

_CURRENCY = "USD"
_OPENED = int(datetime(2017, 1, 1, tzinfo=UTC).timestamp())
_UNIT = Decimal("0.0001")


class RealShop(ServedShop):
    """Serves the data set; it cannot be written to. Payments and deliveries are empty lists."""

    def __init__(self, options: ShopOptions) -> None:
        super().__init__(options)
        lines = _Lines()
        nothing = Columns(array("q"), array("q"), lambda _: {})
        self._tables = {
            "customers": _customers(lines),
            "products": _products(lines),
            "orders": _orders(lines),
            "order_items": Columns(array("q", range(1, len(lines.orders) + 1)), lines.seconds, lines.row),
            "payments": nothing,
            "deliveries": nothing,
        }

    def read(self, resource: str, selection: Selection) -> Slice:
        """One slice of a list."""
        table = self._tables[resource]
        ids, piece = take(table, selection)
        return piece._replace(rows=table.rows(ids))

    def one(self, resource: str, identity: int) -> Row | None:
        """One record, None where there is none."""
        return self._tables[resource].row(identity)

    def touch_random(self, rng: Random | None = None) -> str:
        """There are no writes.

        Raises:
            TypeError: always.
        """
        raise TypeError("The real shop cannot be written to.")

    def count(self, resource: str) -> int:
        """How many records there are."""
        return len(self._tables[resource])


def open_real_shop(options: ShopOptions | None = None) -> RealShop:
    """Read the data set and put it behind the API; takes a few seconds.

    Args:
        options: those that concern answers count; precision is always seconds.

    Raises:
        SettingError: the data set is not installed, or the options ask for what it cannot do.
    """
    options = replace(options or ShopOptions(), precision="second")
    for name in ("writes_per_request", "embed_items", "tombstones"):
        if getattr(options, name):
            raise SettingError(f"The real data is read-only and plain: `{name}` cannot be used with it.")
    return RealShop(options)


class _Lines:
    """The columns of all lines, in the order of the file."""

    def __init__(self) -> None:
        names = ["household_id", "basket_id", "product_id", "quantity", "transaction_timestamp"]
        amounts = ["sales_value", "retail_disc", "coupon_match_disc", "coupon_disc"]
        table = read_table("transactions", names + amounts)
        self.households = integers(table["household_id"])
        self.orders = integers(table["basket_id"])
        self.products = integers(table["product_id"])
        self.quantities = integers(table["quantity"])
        self.seconds = seconds(table["transaction_timestamp"])
        self.sales = cents(table["sales_value"])
        self.coupons = cents(table["coupon_disc"])
        parts = zip(cents(table["retail_disc"]), cents(table["coupon_match_disc"]), strict=True)
        self.discounts = array("q", (loyalty + match for loyalty, match in parts))

    def row(self, number: int) -> Row:
        at = moment(self.seconds[number])
        return {
            "id": number + 1,
            "order_id": self.orders[number],
            "product_id": self.products[number],
            "quantity": self.quantities[number],
            "unit_price": self.unit_price(number),
            "discount_amount": amount(self.discounts[number]),
            "line_amount": amount(self.sales[number]),
            "created_at": at,
            "updated_at": at,
        }

    def unit_price(self, number: int) -> Decimal:
        """What one piece cost before discounts."""
        whole = amount(self.sales[number] + self.discounts[number])
        quantity = self.quantities[number]
        return whole if quantity < 2 else (whole / quantity).quantize(_UNIT)


def _customers(lines: _Lines) -> Columns:
    first: dict[int, int] = {}
    for household, second in zip(lines.households, lines.seconds, strict=True):
        if second < first.get(household, second + 1):
            first[household] = second
    ids = array("q", sorted(first))
    known = {row["household_id"]: row for row in _records("demographics")}

    def make(number: int) -> Row:
        at = moment(first[ids[number]])
        about = known.get(ids[number])
        return {
            "id": ids[number],
            "email": f"household.{ids[number]}@example.com",
            "first_name": None,
            "last_name": None,
            "phone": None,
            "status": "active",
            "address": None,
            "addresses": [],
            "demographics": about and {name: about[name] for name in about if name != "household_id"},
            "created_at": at,
            "updated_at": at,
        }

    return Columns(ids, array("q", (first[identity] for identity in ids)), make)


def _products(lines: _Lines) -> Columns:
    last: dict[int, int] = {}  # product -> number of its latest line
    for number, (product, second) in enumerate(zip(lines.products, lines.seconds, strict=True)):
        if product not in last or second >= lines.seconds[last[product]]:
            last[product] = number
    known = sorted(_records("products"), key=lambda row: row["product_id"])
    ids = array("q", (row["product_id"] for row in known))
    times = array("q", (lines.seconds[last[identity]] if identity in last else _OPENED for identity in ids))

    def make(number: int) -> Row:
        about, latest = known[number], last.get(ids[number])
        return {
            "id": ids[number],
            "sku": str(ids[number]),
            "name": about["product_type"] or about["product_category"] or about["department"],
            "category": about["department"],
            "price": NOTHING if latest is None else lines.unit_price(latest),
            "currency": _CURRENCY,
            "status": "active",
            "brand": about["brand"],
            "package_size": about["package_size"],
            "created_at": moment(_OPENED),
            "updated_at": moment(times[number]),
        }

    return Columns(ids, times, make)


def _orders(lines: _Lines) -> Columns:
    # basket -> household, second, sum of sales, sum of coupons; lines of a basket share the first two
    baskets: dict[int, list[int]] = {}
    columns = (lines.orders, lines.households, lines.seconds, lines.sales, lines.coupons)
    for basket, household, second, sale, coupon in zip(*columns, strict=True):
        sums = baskets.setdefault(basket, [household, second, 0, 0])
        sums[2] += sale
        sums[3] += coupon
    ids = array("q", sorted(baskets))

    def make(number: int) -> Row:
        household, second, sales, coupons = baskets[ids[number]]
        at = moment(second)
        return {
            "id": ids[number],
            "customer_id": household,
            "status": "delivered",
            "currency": _CURRENCY,
            "placed_at": at,
            "subtotal_amount": amount(sales),
            "discount_amount": amount(coupons),
            "tax_amount": NOTHING,
            "shipping_amount": NOTHING,
            "refunded_amount": NOTHING,
            "total_amount": amount(sales - coupons),
            "shipping_address": None,
            "tags": [],
            "created_at": at,
            "updated_at": at,
        }

    return Columns(ids, array("q", (baskets[identity][1] for identity in ids)), make)


def _records(name: str) -> list[dict[str, Any]]:
    columns = {
        "products": ["product_id", "department", "brand", "product_category", "product_type", "package_size"],
        "demographics": ["household_id", "age", "income", "home_ownership", "household_size", "kids_count"],
    }
    rows: list[dict[str, Any]] = read_table(name, columns[name]).to_pylist()
    return rows
