"""Values of one field as a column, and which of them are right beyond doubt.

What is right is said by the models; here a part of it is known that whole columns can be tested for. A value about
which there is doubt costs a look at its row, so every test errs on that side.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_pipeline.records.canonical import Mapping
from ecommerce_pipeline.records.landing_plan import Leaf
from ecommerce_pipeline.records.layout import Kind, Unfit
from ecommerce_pipeline.records.structure import Field
from ecommerce_pipeline.records.wire import IdType
from ecommerce_pipeline.shop.typed_rows import missing_is_null
from ecommerce_pipeline.source.columnar.arrays import (
    BOOLEAN,
    DECIMAL,
    DOUBLE,
    INSTANT,
    INTEGER,
    TEXT,
    Convert,
    Converted,
    constant,
    where,
    whole,
)
from ecommerce_pipeline.source.columnar.instants import instants

FILLED = "[!-~]"
CURRENCY = r"\A[A-Z]{3}\z"
EMAIL = r"\A[!-?A-~]{1,100}@[!-?A-~]{1,100}\.[!-?A-~]{1,100}\z"
MONEY = r"\A-?[0-9]{1,29}(?:\.[0-9]{1,9})?\z"
MINOR_UNITS = r"\A-?[0-9]{1,18}\z"
QUANTITY = r"\A[0-9]{1,29}(?:\.[0-9]{1,9})?\z"
COORDINATE = r"\A-?[0-9]{1,15}(?:\.[0-9]{1,6})?\z"
# Up to 15 digits the nearest double is the number itself, as Python prints it.
DOUBLE_DIGITS = r"\A-?[0-9]{1,7}\.[0-9]{1,8}\z"


@dataclass(frozen=True)
class Values:
    """Makes the column of one field.

    Attributes:
        convert: for values of which none is missing; raises `TypeError` or what Arrow raises where one is.
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
        # Most columns have no missing field, and to look for one in all values takes as long as to convert them.
        try:
            return self._judged(*self.convert(values))
        except (pa.ArrowInvalid, TypeError):
            return self._with_missing(values)

    def _with_missing(self, values: Sequence[Any]) -> tuple[pa.Array, pa.Array | None]:
        try:
            array, right = self._judged(*self.convert(missing_is_null(values)))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return pa.nulls(len(values), self.kind), constant(False, BOOLEAN, len(values))
        if self.required:
            there = pa.array([value is not msgspec.UNSET for value in values])
            right = there if right is None else pc.and_(right, there)
        return array, _or_none(right)

    def _judged(self, array: pa.Array, right: pa.Array | None) -> tuple[pa.Array, pa.Array | None]:
        if right is not None:
            right = pc.fill_null(right, self.nullable)
        elif array.null_count and not self.nullable:
            right = pc.is_valid(array)
        return array, _or_none(right)


def _or_none(right: pa.Array | None) -> pa.Array | None:
    return None if right is None or pc.all(right).as_py() is not False else right


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
        _refuse_missing(values)
        null = pa.array([None if value is None else False for value in values], BOOLEAN)
        return pa.nulls(len(values), TEXT), null

    return Values(convert, TEXT, nullable, required)


def _declared(leaf: Leaf, field: Field, mapping: Mapping, id_type: IdType) -> tuple[Convert, pa.DataType]:
    kinds = leaf.node.filled
    if field.kind == "id":
        if kinds - {"int" if id_type == "integer" else "str"}:
            raise Unfit(f"{leaf.path} is no {id_type}")
        return (whole, INTEGER) if id_type == "integer" else (_matching(FILLED), TEXT)
    if field.kind == "timestamp":
        return instants(kinds, mapping), INSTANT
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
        ({"int"}, whole, INTEGER),
        ({"bool"}, lambda values: (pa.array(values, BOOLEAN), None), BOOLEAN),
        ({"number"}, _doubles, DOUBLE),
    )
    for kinds, convert, kind in forms:
        if leaf.node.filled == kinds:
            return convert, kind
    raise Unfit(f"{leaf.path} has values of several types")


def _nulls(kind: pa.DataType) -> Convert:
    def convert(values: Sequence[Any]) -> Converted:
        _refuse_missing(values)
        return pa.nulls(len(values), kind), None

    return convert


def _refuse_missing(values: Sequence[Any]) -> None:
    if msgspec.UNSET in values:
        raise TypeError("a row has no such field")


def _texts(values: Sequence[Any]) -> Converted:
    return pa.array(values, TEXT), None


def _matching(pattern: str) -> Convert:
    def convert(values: Sequence[Any]) -> Converted:
        texts = pa.array(values, TEXT)
        return texts, pc.match_substring_regex(texts, pattern)

    return convert


def _as_written(values: Sequence[Any]) -> pa.Array:
    """Scalars as texts: texts as they are, integers, and what was not decoded as it stands in the JSON."""
    if set(map(type, values)) == {msgspec.Raw}:
        written = pc.cast(pa.array(list(map(bytes, values)), pa.binary()), TEXT)
        return where(pc.not_equal(written, "null"), written)
    with contextlib.suppress(TypeError):
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


def _doubles(values: Sequence[Any]) -> Converted:
    written = _as_written(values)
    right = pc.match_substring_regex(written, DOUBLE_DIGITS)
    return pc.cast(where(right, written), DOUBLE), right


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
    array, right = whole(values)
    return pc.cast(array, DECIMAL), right


def _amounts(written: pa.Array, pattern: str, scale: int) -> Converted:
    right = pc.match_substring_regex(written, pattern)
    usable = where(right, written)
    if not scale:
        return pc.cast(usable, DECIMAL), right
    units = pc.cast(pc.cast(usable, INTEGER), pa.decimal128(19, 0))
    minor = pa.Array.from_buffers(pa.decimal128(19, scale), len(units), units.buffers(), units.null_count)
    return pc.cast(minor, DECIMAL), right
