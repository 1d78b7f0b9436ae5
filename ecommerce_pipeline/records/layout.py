"""What the fields of a list's rows look like on the wire, learned from rows, and the type that takes just such rows.

JSON that fits is decoded by msgspec into objects of that type, several times as fast as into dicts, and nothing is
coerced: 1.0 is no integer, a field that was not seen before does not fit. Numbers with a fraction keep their digits as
`msgspec.Raw`. A field that is missing is `msgspec.UNSET`, which tells it from null.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, Literal, Union

import msgspec

Kind = Literal["null", "bool", "int", "number", "str", "object", "list"]
_KINDS: dict[type, Kind] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    Decimal: "number",
    str: "str",
    dict: "object",
    list: "list",
}
AS_WRITTEN: frozenset[Kind] = frozenset({"int", "number", "str"})
"""Kinds of which one field may have several: it is decoded as it is written."""


RARE = 20
"""A kind of value is rare where another one came so many times as often."""


class Unfit(Exception):
    """Rows that cannot be read as columns; they are read one by one."""


@dataclass
class Node:
    """The kinds of values that a field had, and the same of what is inside.

    Attributes:
        kinds: what came, and how often.
        fields: of objects.
        element: of lists; None while they were empty.
    """

    kinds: Counter[Kind] = field(default_factory=Counter)
    fields: dict[str, Node] = field(default_factory=dict)
    element: Node | None = None

    def learn(self, value: Any) -> bool:
        """Take note of a value; returns whether it showed something new."""
        kind = _KINDS.get(type(value))
        if kind is None:
            return False  # no finite number; a row that has one is refused
        new = kind not in self.kinds
        self.kinds[kind] += 1
        if kind == "object":
            return sum([self._field(name).learn(inner) for name, inner in value.items()]) > 0 or new
        if kind == "list" and value:
            self.element = self.element or Node()
            return sum([self.element.learn(item) for item in value]) > 0 or new
        return new

    def _field(self, name: str) -> Node:
        return self.fields.setdefault(name, Node())

    @property
    def filled(self) -> set[Kind]:
        """The kinds without null and without those that are rare: a row that has one is read on its own."""
        filled = {kind: count for kind, count in self.kinds.items() if kind != "null"}
        return {kind for kind, count in filled.items() if count * RARE > max(filled.values())}

    @property
    def shape(self) -> tuple[Any, ...]:
        """The kinds that a type is made of, of all that is inside too."""
        fields = tuple((name, node.shape) for name, node in self.fields.items())
        return frozenset(self.filled), fields, self.element and self.element.shape


@dataclass(frozen=True, eq=False)
class RowType:
    """A type whose instances are rows, or objects inside rows.

    Attributes:
        struct: the type.
        attributes: the shop's name of a field -> that of the attribute.
        fields: the shop's name of a field -> what was seen of it.
        inner: the same for objects, and for elements of lists, in the field of that name.
        nothing: an instance without any field, for objects that are missing.
        null: an instance whose fields are all null, for objects that are.
    """

    struct: type[Any]
    attributes: dict[str, str]
    fields: dict[str, Node]
    inner: dict[str, RowType]
    nothing: Any
    null: Any

    @cached_property
    def places(self) -> dict[str, int]:
        """The shop's name of a field -> its place among all of them."""
        return {name: place for place, name in enumerate(self.attributes)}

    @cached_property
    def keeps_digits(self) -> bool:
        """Whether some value, here or inside, stays as it is written."""
        return any(map(_keeps_digits, self.fields.values()))

    def column(self, rows: Sequence[Any], path: Sequence[str]) -> Sequence[Any]:
        """The values of one field of rows of this type: null where an object on the way is null.

        Args:
            rows: instances.
            path: the shop's names, a step into an object each.

        Raises:
            KeyError: no row had such a field.
        """
        kind, objects = self.objects(rows, path[:-1])
        return list(map(attrgetter(kind.attributes[path[-1]]), objects))

    def objects(self, rows: Sequence[Any], path: Sequence[str]) -> tuple[RowType, Sequence[Any]]:
        """The objects at the end of a path, one for each row, and their type."""
        kind = self
        for name in path:
            found = map(attrgetter(kind.attributes[name]), rows)
            kind = kind.inner[name]
            null, nothing = kind.null, kind.nothing
            rows = [null if item is None else nothing if item is msgspec.UNSET else item for item in found]
        return kind, rows


def row_type(node: Node) -> RowType:
    """The type of an object.

    Raises:
        Unfit: a field has values of kinds that no column takes together.
    """
    inner: dict[str, RowType] = {}
    declared: list[Any] = []
    nulls: list[Any] = []
    names = sorted(node.fields)  # the order in which `row_hash` writes them
    attributes = {name: f"f{place}" for place, name in enumerate(names)}
    for name in names:
        kind = _type_of(name, node.fields[name], inner)
        # `Raw` takes null by itself, and beside None it would be ignored.
        null: Any = msgspec.UnsetType if kind is msgspec.Raw else None
        nulls.append(msgspec.Raw(b"null") if kind is msgspec.Raw else None)
        # `|` takes no None that is known at run time alone.
        declared.append((attributes[name], Union[kind, null, msgspec.UnsetType], msgspec.UNSET))  # noqa: UP007
    struct = msgspec.defstruct(
        "Row",
        declared,
        rename={attribute: name for name, attribute in attributes.items()},
        forbid_unknown_fields=True,
        gc=False,
    )
    return RowType(struct, attributes, dict(node.fields), inner, struct(), struct(*nulls))


def _type_of(name: str, node: Node, inner: dict[str, RowType]) -> Any:
    kinds = node.filled
    if kinds == {"object"}:
        inner[name] = row_type(node)
        return inner[name].struct
    if kinds == {"list"}:
        return _list_type(name, node.element, inner)
    return _scalar(kinds)


def _list_type(name: str, element: Node | None, inner: dict[str, RowType]) -> Any:
    if element is None:
        return Annotated[list[int], msgspec.Meta(max_length=0)]
    if element.filled == {"object"}:
        inner[name] = row_type(element)
        return _list_of(inner[name].struct)
    return _list_of(_scalar(element.filled) or int)


def _list_of(kind: Any) -> Any:
    return list[kind]


def _scalar(kinds: Iterable[Kind]) -> Any:
    found = frozenset(kinds)
    if not found:
        return None
    if found <= {"str"}:
        return str
    if found <= {"int"}:
        return int
    if found <= {"bool"}:
        return bool
    if found <= AS_WRITTEN:
        return msgspec.Raw
    raise Unfit(f"values are {' and '.join(sorted(found))}")


def _keeps_digits(node: Node) -> bool:
    if node.filled == {"object"}:
        return any(map(_keeps_digits, node.fields.values()))
    if node.filled == {"list"}:
        return node.element is not None and _keeps_digits(node.element)
    return _scalar(node.filled) is msgspec.Raw


class Layout:
    """Learns the rows of one list; safe to share between threads.

    Attributes:
        row_type: takes rows like those learned; None before the first, and where none can.
    """

    def __init__(self) -> None:
        self.row_type: RowType | None = None
        self._node = Node()
        self._shape = self._node.shape
        self._learning = threading.Lock()

    @property
    def empty(self) -> bool:
        """Whether nothing was learned yet."""
        return not self._node.kinds

    def learn(self, rows: Iterable[Any]) -> bool:
        """Take note of rows as `decode_json` gave them; returns whether they showed something new."""
        with self._learning:
            new = sum([self._node.learn(row) for row in rows]) > 0
            before, self._shape = self._shape, self._node.shape
            # A kind that was rare may have become usual, and one that was usual rare.
            if new or self._shape != before:
                self.row_type = self._made()
        return new

    def _made(self) -> RowType | None:
        with contextlib.suppress(Unfit):
            # A copy: what is learned later makes another type.
            return row_type(deepcopy(self._node)) if self._node.filled == {"object"} else None
        return None
