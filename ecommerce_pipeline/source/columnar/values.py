"""Values of one field as a column, and which of them are right beyond doubt.

What is right is said by the models; here a part of it is known that whole columns can be tested for. A value about
which there is doubt costs a look at its row, so every test errs on that side.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_pipeline.records.canonical import Mapping
from ecommerce_pipeline.records.landing_plan import Leaf
from ecommerce_pipeline.records.layout import Kind, Unfit
from ecommerce_pipeline.records.structure import Field
from ecommerce_pipeline.records.wire import DECIMALS, INTEGER_DIGITS, IdType

TEXT, INTEGER, DOUBLE, BOOLEAN = pa.string(), pa.int64(), pa.float64(), pa.bool_()
DECIMAL = pa.decimal128(INTEGER_DIGITS + DECIMALS, DECIMALS)
INSTANT = pa.timestamp("us", "UTC")

FILLED = "[!-~]"
CURRENCY = r"\A[A-Z]{3}\z"
EMAIL = r"\A[!-?A-~]{1,100}@[!-?A-~]{1,100}\.[!-?A-~]{1,100}\z"
MONEY = r"\A-?[0-9]{1,29}(?:\.[0-9]{1,9})?\z"
MINOR_UNITS = r"\A-?[0-9]{1,18}\z"
QUANTITY = r"\A[0-9]{1,29}(?:\.[0-9]{1,9})?\z"
COORDINATE = r"\A-?[0-9]{1,15}(?:\.[0-9]{1,6})?\z"
# Up to 15 digits the nearest double is the number itself, as Python prints it.
DOUBLE_DIGITS = r"\A-?[0-9]{1,7}\.[0-9]{1,8}\z"
_MOMENT = (
    r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
)
WITH_OFFSET = rf"\A{_MOMENT}(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])\z"
WITHOUT_OFFSET = rf"\A{_MOMENT}\z"
LEAST, GREATEST = -(2**63), 2**63 - 1
LATEST_UNIX_SECONDS = 4_102_444_800  # the year 2100

Converted = tuple[pa.Array, pa.Array | None]
"""The column, and whether each value is right beyond doubt, null where it is null; None where all of them are."""

Convert = Callable[[Sequence[Any]], Converted]


@dataclass(frozen=True)
class Values:
    """Makes the column of one field.

    Attributes:
        convert: for values of which none is missing.
        kind: the type of the column.
        nullable: whether null is right.
        required: whether a row must have the field.
    """

    convert: Convert
    kind: pa.DataType
    nullable: bool = True
    required: bool = False

    def column(self, values: Sequence[Any]) -> tuple[pa.Array, pa.Array | None]:
        """The column, and which rows are right beyond doubt; None where all are.

        Args:
            values: one for each row as they were decoded; `msgspec.UNSET` where the row has no such field.
        """
        missing = msgspec.UNSET in values
        given = [None if value is msgspec.UNSET else value for value in values] if missing else values
        try:
            array, right = self.convert(given)
        except pa.ArrowInvalid:
            return pa.nulls(len(values), self.kind), _all(False, len(values))
        if right is not None:
            right = pc.fill_null(right, self.nullable)
        elif array.null_count and not self.nullable:
            right = pc.is_valid(array)
        if missing and self.required:
            there = pa.array([value is not msgspec.UNSET for value in values])
            right = there if right is None else pc.and_(right, there)
        return array, None if right is None or pc.all(right).as_py() is not False else right


def _all(value: bool, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), length)


def values_of(leaf: Leaf, mapping: Mapping, id_type: IdType) -> Values:
    """How the values of a field become a column.

    Args:
        leaf: the field.
        mapping: how the shop writes instants and money.
        id_type: of the shop.

    Raises:
        Unfit: what was seen of it is not what such a column is made of.
    """
    field = leaf.field
    if field is None:
        convert, kind = _undeclared(leaf)
        return Values(convert, kind)
    convert, kind = _declared(leaf, field, mapping, id_type)
    if not leaf.node.filled:
        convert = _nulls(kind)
    return Values(convert, kind, field.nullable, field.required)


def doubtful(leaf: Leaf) -> Values:
    """A field whose rows have to be looked at wherever it is not null."""
    nullable, required = (leaf.field.nullable, leaf.field.required) if leaf.field else (True, False)

    def convert(values: Sequence[Any]) -> Converted:
        null = pa.array([None if value is None else False for value in values], BOOLEAN)
        return pa.nulls(len(values), TEXT), null

    return Values(convert, TEXT, nullable, required)


def _declared(leaf: Leaf, field: Field, mapping: Mapping, id_type: IdType) -> tuple[Convert, pa.DataType]:
    kinds = leaf.node.filled
    if field.kind == "id":
        if kinds - {"int" if id_type == "integer" else "str"}:
            raise Unfit(f"{leaf.path} is no {id_type}")
        return (_whole, INTEGER) if id_type == "integer" else (_matching(FILLED), TEXT)
    if field.kind == "timestamp":
        return _instants(kinds, mapping), INSTANT
    if field.kind == "decimal":
        return _decimals(kinds, field, mapping), DECIMAL
    if field.rule == "coordinate" and kinds - {"str"}:
        return _coordinates, TEXT
    if kinds - {"str"}:
        raise Unfit(f"{leaf.path} is no text")
    patterns = {"filled": FILLED, "currency": CURRENCY, "email": EMAIL}
    return _matching(patterns[field.rule]) if field.rule in patterns else _texts, TEXT


def _undeclared(leaf: Leaf) -> tuple[Convert, pa.DataType]:
    forms: tuple[tuple[set[str], Convert, pa.DataType], ...] = (
        ({"str"}, _texts, TEXT),
        ({"int"}, _whole, INTEGER),
        ({"bool"}, lambda values: (pa.array(values, BOOLEAN), None), BOOLEAN),
        ({"number"}, _doubles, DOUBLE),
    )
    for kinds, convert, kind in forms:
        if leaf.node.filled == kinds:
            return convert, kind
    raise Unfit(f"{leaf.path} has values of several types")


def _nulls(kind: pa.DataType) -> Convert:
    return lambda values: (pa.nulls(len(values), kind), None)


def _texts(values: Sequence[Any]) -> Converted:
    return pa.array(values, TEXT), None


def _whole(values: Sequence[Any]) -> Converted:
    try:
        return pa.array(values, INTEGER), None
    except OverflowError:
        fits = [None if value is None else LEAST <= value <= GREATEST for value in values]
        fitting = [value if one else None for value, one in zip(values, fits, strict=True)]
        return pa.array(fitting, INTEGER), pa.array(fits, BOOLEAN)


def _matching(pattern: str) -> Convert:
    def convert(values: Sequence[Any]) -> Converted:
        texts = pa.array(values, TEXT)
        return texts, pc.match_substring_regex(texts, pattern)

    return convert


def _as_written(values: Sequence[Any]) -> pa.Array:
    """Scalars as texts: texts as they are, integers, and what was not decoded as it stands in the JSON."""
    if set(map(type, values)) <= {str, NoneType}:
        return pa.array(values, TEXT)
    return pa.array(
        [value if value is None or type(value) is str else _token(value) for value in values], TEXT
    )


def _token(value: Any) -> str | None:
    """As it is written: where a field has texts and numbers, the texts stand in quotes."""
    written = str(value) if type(value) is int else bytes(value).decode()
    return None if written == "null" else written


def _unquoted(values: Sequence[Any]) -> pa.Array:
    """The same without the quotes of texts among numbers; a text with an escape in it matches no pattern."""
    return pc.utf8_trim(_as_written(values), '"')


def _where(right: pa.Array, array: pa.Array) -> pa.Array:
    """The values that are right, null in the place of the others: no cast may stumble over them."""
    return pc.if_else(pc.fill_null(right, False), array, pa.scalar(None, array.type))


def _doubles(values: Sequence[Any]) -> Converted:
    written = _as_written(values)
    right = pc.match_substring_regex(written, DOUBLE_DIGITS)
    return pc.cast(_where(right, written), DOUBLE), right


def _coordinates(values: Sequence[Any]) -> Converted:
    written = _unquoted(values)
    return written, pc.match_substring_regex(written, COORDINATE)


def _decimals(kinds: set[Kind], field: Field, mapping: Mapping) -> Convert:
    """Amounts as texts, numbers or both; quantities as numbers alone."""
    if kinds == {"int"} and not mapping.money_scale and field.rule != "quantity":
        return _whole_amounts
    if field.rule == "quantity":
        if "str" in kinds:
            raise Unfit("a quantity that is a text")
        return lambda values: _amounts(_as_written(values), QUANTITY, 0)
    pattern = MINOR_UNITS if mapping.money_scale else MONEY
    read = _unquoted if "str" in kinds and len(kinds) > 1 else _as_written
    return lambda values: _amounts(read(values), pattern, mapping.money_scale)


def _whole_amounts(values: Sequence[Any]) -> Converted:
    array, right = _whole(values)
    return pc.cast(array, DECIMAL), right


def _amounts(written: pa.Array, pattern: str, scale: int) -> Converted:
    right = pc.match_substring_regex(written, pattern)
    usable = _where(right, written)
    if not scale:
        return pc.cast(usable, DECIMAL), right
    whole = pc.cast(pc.cast(usable, INTEGER), pa.decimal128(19, 0))
    minor = pa.Array.from_buffers(pa.decimal128(19, scale), len(whole), whole.buffers(), whole.null_count)
    return pc.cast(minor, DECIMAL), right


def _instants(kinds: set[Kind], mapping: Mapping) -> Convert:
    form, parse = mapping.instant_format, mapping.wire(None).instant
    if kinds - ({"int"} if form in ("unix", "unix_ms") else {"str"}):
        raise Unfit(f"instants that are {' and '.join(sorted(kinds))}")
    if form in ("unix", "unix_ms"):
        return lambda values: _since_1970(values, 1_000_000 if form == "unix" else 1_000)
    if form == "rfc3339":
        return lambda values: _moments(values, WITH_OFFSET, parse)
    if form == "naive" and mapping.timezone == "UTC":
        return lambda values: _moments(values, WITHOUT_OFFSET, parse)
    return lambda values: _parsed(pa.array(values, TEXT), values, parse)


def _since_1970(values: Sequence[Any], microseconds: int) -> Converted:
    counts, fits = _whole(values)
    latest = LATEST_UNIX_SECONDS * 1_000_000 // microseconds
    right = pc.and_(pc.greater_equal(counts, 0), pc.less(counts, latest))
    right = right if fits is None else pc.if_else(pc.equal(fits, False), fits, right)
    return pc.cast(pc.multiply(_where(right, counts), microseconds), INSTANT), right


def _moments(values: Sequence[Any], pattern: str, parse: Callable[[Any], datetime]) -> Converted:
    texts = pa.array(values, TEXT)
    right = pc.match_substring_regex(texts, pattern)
    usable = _where(right, texts)
    try:
        if pattern == WITHOUT_OFFSET:
            return pc.cast(pc.cast(usable, pa.timestamp("us")), INSTANT), right
        return pc.cast(usable, INSTANT), right
    except pa.ArrowInvalid:  # a day that the calendar has not
        return _parsed(texts, values, parse)


def _parsed(texts: pa.Array, values: Sequence[Any], parse: Callable[[Any], datetime]) -> Converted:
    """Instants that only our own parser can read."""
    moments = [_instant(value, parse) for value in values]
    right = pc.is_valid(pa.array(moments, INSTANT))
    return pa.array(moments, INSTANT), pc.if_else(pc.is_valid(texts), right, pa.scalar(None, BOOLEAN))


def _instant(value: Any, parse: Callable[[Any], datetime]) -> datetime | None:
    with contextlib.suppress(ValueError):
        return parse(value) if value is not None else None
    return None
