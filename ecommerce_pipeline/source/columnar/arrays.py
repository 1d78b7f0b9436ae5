"""Types of columns, and what all conversions of values need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_pipeline.records.landing import GREATEST, LEAST
from ecommerce_pipeline.records.wire import DECIMALS, INTEGER_DIGITS

TEXT, INTEGER, DOUBLE, BOOLEAN = pa.string(), pa.int64(), pa.float64(), pa.bool_()
DECIMAL = pa.decimal128(INTEGER_DIGITS + DECIMALS, DECIMALS)
INSTANT = pa.timestamp("us", "UTC")

Converted = tuple[pa.Array, pa.Array | None]
"""The column, and whether each value is right beyond doubt, null where it is null; None where all of them are."""

Convert = Callable[[Sequence[Any]], Converted]


def constant(value: Any, kind: pa.DataType, rows: int) -> pa.Array:
    """A column with one value."""
    return pa.repeat(pa.scalar(value, kind), rows)


def whole(values: Sequence[Any]) -> Converted:
    """Integers of 64 bits."""
    try:
        return pa.array(values, INTEGER), None
    except OverflowError:
        fits = [None if value is None else LEAST <= value <= GREATEST for value in values]
        fitting = [value if one else None for value, one in zip(values, fits, strict=True)]
        return pa.array(fitting, INTEGER), pa.array(fits, BOOLEAN)


def where(right: pa.Array, array: pa.Array) -> pa.Array:
    """The values that are right, null in the place of the others: no cast may stumble over them."""
    return pc.if_else(pc.fill_null(right, False), array, pa.scalar(None, array.type))
