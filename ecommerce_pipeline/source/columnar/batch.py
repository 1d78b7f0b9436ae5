"""Typed rows of several pages as the columns of a table and of the tables of their lists."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import shake_128
from itertools import chain, groupby
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from ecommerce_pipeline.records.layout import RowType
from ecommerce_pipeline.source.columnar.arrays import TEXT, constant
from ecommerce_pipeline.source.columnar.plan import Column, Table

Columns = dict[str, pa.Array]


class Elements:
    """The elements of one list of all rows.

    Attributes:
        table: where they land.
        parents: for each element the place of its row.
        places: for each element its place in the list.
        columns: from their fields.
    """

    def __init__(self, table: Table, lists: Sequence[Any], inner: RowType | None) -> None:
        self.table = table
        filled = [found if type(found) is list else () for found in lists]
        lengths = [len(found) for found in filled]
        elements = list(chain.from_iterable(filled))
        self.parents = pa.array(_repeated(lengths), pa.int64())
        self.places = pa.array(list(chain.from_iterable(map(range, lengths))), pa.int64())
        self.columns, self._right = _columns(table.columns, elements, inner)

    def doubtful_rows(self) -> pa.Array:
        """The places of rows of which some element is not right beyond doubt."""
        doubtful = [pc.filter(self.parents, pc.invert(right)) for right in self._right]
        return pa.concat_arrays(doubtful) if doubtful else pa.array([], pa.int64())

    def of(self, rows: pa.Array, ids: pa.Array) -> tuple[Columns, int]:
        """The columns of the elements of some rows, with dlt's keys, and how many there are.

        Args:
            rows: the places of the rows, ascending.
            ids: of each of those rows its `_dlt_id`.
        """
        place = pc.index_in(self.parents, rows)
        chosen = pc.is_valid(place)
        parents = pc.take(ids, pc.drop_null(place))
        places = pc.filter(self.places, chosen)
        keys = element_ids(self.table.name, parents.to_pylist(), places.to_pylist())
        links = {
            "_dlt_id": pa.array(keys, pa.string()),
            "_dlt_parent_id": parents,
            "_dlt_root_id": parents,
            "_dlt_list_idx": places,
        }
        found = {column: pc.filter(values, chosen) for column, values in self.columns.items()}
        return found | links, len(keys)


def _repeated(lengths: Iterable[int]) -> list[int]:
    return [row for row, length in enumerate(lengths) for _ in range(length)]


class Batch:
    """The columns of some rows.

    Attributes:
        columns: of the table of the rows, from their fields.
        lists: the elements of their lists.
        right: for each row whether it is right beyond doubt; None where all are.
    """

    def __init__(self, kind: RowType, table: Table, rows: Sequence[Any], unfit: Iterable[int]) -> None:
        self.columns, right = _columns(table.columns, rows, kind)
        self.lists = [_elements(kind, path, inner, rows) for path, inner in table.lists.items()]
        doubtful = set(unfit).union(*(found.doubtful_rows().to_pylist() for found in self.lists))
        if doubtful:
            right.append(pa.array([place not in doubtful for place in range(len(rows))]))
        self.right = _together(right)


def _elements(kind: RowType, path: Sequence[str], table: Table, rows: Sequence[Any]) -> Elements:
    above, _ = kind.objects((), path[:-1])
    return Elements(table, kind.column(rows, path), above.inner.get(path[-1]))


def _columns(
    columns: Sequence[Column], rows: Sequence[Any], kind: RowType | None
) -> tuple[Columns, list[pa.Array]]:
    """The columns, and for those with doubtful values which rows are right."""
    found: Columns = {}
    doubts: list[pa.Array] = []
    for path, group in groupby(sorted(columns, key=_object), key=_object):
        together = list(group)
        for column, values in zip(together, _values(rows, kind, path, together), strict=True):
            made, right = column.values.column(values)
            if column.name is not None:
                found[column.name] = made
            if right is not None:
                doubts.append(right)
    return found, doubts


def _object(column: Column) -> tuple[str, ...]:
    return column.path[:-1]


def _values(
    rows: Sequence[Any], kind: RowType | None, path: Sequence[str], columns: Sequence[Column]
) -> Sequence[Sequence[Any]]:
    """The values of fields of one object, all at once."""
    if kind is None or not columns[0].path:
        return [rows]
    inner, objects = kind.objects(rows, path)
    if not objects:
        return [()] * len(columns)
    # A tuple of all fields is made faster than one of a few.
    fields = list(zip(*map(astuple, objects), strict=True))
    return [fields[inner.places[column.path[-1]]] for column in columns]


def _together(right: list[pa.Array]) -> pa.Array | None:
    if not right:
        return None
    found = right[0]
    for other in right[1:]:
        found = pc.and_(found, other)
    return found


def by_page(values: Iterable[tuple[str, int]]) -> pa.Array:
    """A column of texts that are the same for all rows of a page: (text, number of rows)."""
    return pa.concat_arrays([constant(text, TEXT, rows) for text, rows in values])


def filtered(columns: Mapping[str, pa.Array], rows: pa.Array | None) -> Columns:
    """The columns of some rows, None for all."""
    return dict(columns) if rows is None else {name: pc.take(found, rows) for name, found in columns.items()}


def row_ids(rows: int) -> list[str]:
    """Random keys of rows in dlt's form, 14 digits in base64; dlt encodes each alone, which takes ten times as long."""
    return _in_base64(os.urandom(12 * rows))


def element_ids(table: str, parents: Sequence[str], places: Sequence[int]) -> list[str]:
    """The keys of elements of lists, as dlt's `get_nested_row_hash` makes them one by one.

    Args:
        table: of the elements.
        parents: for each element the `_dlt_id` of its row.
        places: for each element its place in the list.
    """
    digests = [
        shake_128(f"{parent}_{table}_{place}".encode()).digest(10)
        for parent, place in zip(parents, places, strict=True)
    ]
    # Ten bytes are 14 digits and two bytes of nothing fill up the last of them, as base64 itself does.
    return _in_base64(b"\0\0".join([*digests, b""]))


def _in_base64(twelves: bytes) -> list[str]:
    """The first 14 digits of each 12 bytes."""
    digits = b64encode(twelves).decode()
    return [digits[place : place + 14] for place in range(0, len(digits), 16)]


def lines_of(rows: Sequence[Any]) -> list[bytes]:
    """Each row as the JSON that `row_hash` hashes."""
    encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode_lines
    return encode(rows).split(b"\n")[: len(rows)]
