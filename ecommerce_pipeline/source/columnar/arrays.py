"""Types of columns, and what all conversions of values need."""

from __future__ import annotations

from array import array
from binascii import hexlify
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


def where(right: pa.Array, values: pa.Array) -> pa.Array:
    """The values that are right, null in the place of the others: no cast may stumble over them."""
    return pc.if_else(pc.fill_null(right, False), values, pa.scalar(None, values.type))


def integers_of(column: pa.Array) -> array[int]:
    """The integers of 64 bits of a column without nulls."""
    return array("q", memoryview(column.buffers()[1]).cast("q")[column.offset : column.offset + len(column)])


def in_hex(digests: bytes, size: int, ending: str) -> pa.Array:
    """A column of digests of some size, which stand one behind the other, in hex digits with an ending behind each."""
    rows, kind = len(digests) // size, pa.binary(2 * size)
    digits = pa.Array.from_buffers(kind, rows, [None, pa.py_buffer(hexlify(digests))])
    return pc.binary_join_element_wise(pc.cast(pc.cast(digits, pa.binary()), TEXT), ending, "")
