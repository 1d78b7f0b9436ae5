"""Typed rows of several pages as the columns of a table and of the tables of their lists."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import shake_128
from itertools import chain, groupby
from types import MappingProxyType
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from ecommerce_pipeline.records.landing_plan import Path
from ecommerce_pipeline.records.layout import RowType
from ecommerce_pipeline.source.columnar.arrays import TEXT
from ecommerce_pipeline.source.columnar.plan import Column, Table

Columns = dict[str, pa.Array]


Landing = tuple[str, Columns, int]
"""A table, its columns, and how many rows they have."""


class Elements:
    """The elements of one list of all rows, which may have lists themselves.

    Args:
        table: where they land.
        kind: of the rows.
        rows: have the lists.
        path: of the list in a row.

    Attributes:
        table: as given.
        parents: for each element the place of its row.
        places: for each element its place in the list.
        columns: from their fields.
        lists: the elements of their lists.
    """

    def __init__(self, table: Table, kind: RowType, rows: Sequence[Any], path: Path) -> None:
        self.table = table
        above, _ = kind.objects((), path[:-1])
        inner = above.inner.get(path[-1])
        filled = [found if type(found) is list else () for found in kind.column(rows, path)]
        lengths = [len(found) for found in filled]
        elements = list(chain.from_iterable(filled))
        parents = _repeated(lengths)
        self.parents = pa.array(parents, pa.int64())
        self.places = pa.array(list(chain.from_iterable(map(range, lengths))), pa.int64())
        own = {
            found: (_own(found, inner, elements), kind.column(rows, found.inherited))
            for found in table.columns
            if found.inherited
        }
        inherited = {found: _merged(found, values, above, parents) for found, (values, above) in own.items()}
        self.columns, self._right = _columns(table.columns, elements, inner, inherited)
        self._right += [_without(values) for found, (values, _) in own.items() if not found.own_fits]
        self.lists = [Elements(sub, inner, elements, below) for below, sub in table.lists.items() if inner]

    def doubtful_rows(self) -> pa.Array:
        """The places of rows of which some element is not right beyond doubt."""
        doubtful = [pc.filter(self.parents, pc.invert(right)) for right in self._right]
        doubtful += [pc.take(self.parents, inner.doubtful_rows()) for inner in self.lists]
        return pa.concat_arrays(doubtful) if doubtful else pa.array([], pa.int64())

    def count(self, rows: Sequence[int]) -> int:
        """How many elements some rows have, which are given by their places."""
        return pc.sum(pc.is_in(self.parents, pa.array(rows, pa.int64()))).as_py() or 0

    def of(self, rows: pa.Array, ids: pa.Array, roots: pa.Array) -> Iterator[Landing]:
        """The columns of the elements of some rows with dlt's keys, and the same of their lists.

        Args:
            rows: the places of the rows, ascending.
            ids: of each of those rows its `_dlt_id`.
            roots: of each of those rows the `_dlt_id` of the row of the resource that it is a part of.
        """
        place = pc.index_in(self.parents, rows)
        chosen = pc.is_valid(place)
        place = pc.drop_null(place)
        parents, roots, places = pc.take(ids, place), pc.take(roots, place), pc.filter(self.places, chosen)
        own = pa.array(element_ids(self.table.name, parents.to_pylist(), places.to_pylist()), TEXT)
        links = {"_dlt_id": own, "_dlt_parent_id": parents, "_dlt_root_id": roots, "_dlt_list_idx": places}
        found = {column: pc.filter(values, chosen) for column, values in self.columns.items()}
        yield self.table.name, found | links, len(own)
        elements = pc.cast(pc.indices_nonzero(chosen), pa.int64())
        for inner in self.lists:
            yield from inner.of(elements, own, roots)


def _own(column: Column, kind: RowType | None, elements: Sequence[Any]) -> Sequence[Any]:
    """The values that elements have themselves."""
    if kind is None or column.path[0] not in kind.attributes:
        return [msgspec.UNSET] * len(elements)
    return kind.column(elements, column.path)


def _merged(column: Column, own: Sequence[Any], above: Sequence[Any], parents: Sequence[int]) -> list[Any]:
    """The values of elements, that of its row where an element has none of its own that fits."""
    if not column.own_fits:
        return [above[parent] for parent in parents]
    return [
        above[parent] if value is msgspec.UNSET else value for value, parent in zip(own, parents, strict=True)
    ]


def _without(own: Sequence[Any]) -> pa.Array:
    """Whether elements have no value of their own."""
    return pa.array([value is msgspec.UNSET for value in own], pa.bool_())


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
        self.lists = [Elements(inner, kind, rows, path) for path, inner in table.lists.items()]
        doubtful = set(unfit).union(*(found.doubtful_rows().to_pylist() for found in self.lists))
        if doubtful:
            right.append(pa.array([place not in doubtful for place in range(len(rows))]))
        self.right = _together(right)


def _columns(
    columns: Sequence[Column],
    rows: Sequence[Any],
    kind: RowType | None,
    known: Mapping[Column, Sequence[Any]] = MappingProxyType({}),
) -> tuple[Columns, list[pa.Array]]:
    """The columns, and for those with doubtful values which rows are right; of some the values are known."""
    found: Columns = {}
    doubts: list[pa.Array] = []
    for column, values in chain(known.items(), _by_object(columns, rows, kind)):
        made, right = column.values.column(values)
        if column.name is not None:
            found[column.name] = made
        if right is not None:
            doubts.append(right)
    return found, doubts


def _by_object(
    columns: Sequence[Column], rows: Sequence[Any], kind: RowType | None
) -> Iterator[tuple[Column, Sequence[Any]]]:
    own = sorted((column for column in columns if not column.inherited), key=_object)
    for path, group in groupby(own, key=_object):
        together = list(group)
        yield from zip(together, _values(rows, kind, path, together), strict=True)


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


def by_page(texts: Sequence[str], rows: Sequence[int]) -> pa.Array:
    """A column of texts that are the same for all rows of a page: for each page its text, and how many rows it has."""
    return pc.take(pa.array(texts, TEXT), pa.array(_repeated(rows), pa.int64()))


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
    encoder = msgspec.json.Encoder()
    lines: list[bytes] = encoder.encode_lines(rows).split(b"\n")[:-1]
    # What stands where a number was expected is written as it came, line ends included.
    return lines if len(lines) == len(rows) else [encoder.encode(row) for row in rows]
