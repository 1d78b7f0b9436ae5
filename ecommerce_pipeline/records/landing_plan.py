"""Where the fields of typed rows land: our names, what each of them is, and the names of fields nobody declared.

The same steps as for a single row (`Canonicaliser`, the rules of names, the models) are taken once for a row that has
every field that was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from ecommerce_pipeline.records.landing import DEEPEST
from ecommerce_pipeline.records.layout import Node, RowType, Unfit
from ecommerce_pipeline.records.naming import UNKNOWN, Shape, refused_names
from ecommerce_pipeline.records.structure import Field, fields
from ecommerce_pipeline.records.validation import Validator

Path = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Leaf:
    """A field with scalar values.

    Attributes:
        path: the shop's names on the way to it, from the row or from the element of a list.
        node: what was seen of it.
        lists: the lists on the way to it, each by its path from the row or the element that has it.
        field: our declaration; None for a field that nobody declared.
        inherited: the path of the row's field that an element has the value from where it has none of its own.
        own_fits: whether values of an element's own are of the kinds that those of the row are.
    """

    path: Path
    node: Node
    lists: tuple[Path, ...] = ()
    field: Field | None = None
    inherited: Path | None = None
    own_fits: bool = True


@dataclass(frozen=True)
class EmbeddedList:
    """A list in the rows whose elements are rows of another resource.

    Attributes:
        name: the resource, under which they land.
        field: the shop's name of the list.
        validator: of the elements.
        inherited: fields that an element has from its row where it does not say them itself, and the row's path.
    """

    name: str
    field: str
    validator: Validator
    inherited: Mapping[str, Path]


def landing_tree(
    kind: RowType, validator: Validator, embedded: Sequence[EmbeddedList] = ()
) -> dict[str, Any]:
    """A record as `Validator` gives it, with a `Leaf` in the place of each value and one element in each list.

    Raises:
        Unfit: some row of this type might land otherwise than the others.
    """
    apart = {each.field for each in embedded}
    seen = {name: _symbol(node, (name,), ()) for name, node in kind.fields.items() if name not in apart}
    tree = _record(seen, validator)
    for each in embedded:
        if (line := _line(kind, each)) is not None:
            tree[each.name] = [_record(line, each.validator)]
    return tree


def _record(seen: dict[str, Any], validator: Validator) -> dict[str, Any]:
    for target, _ in validator.canonicaliser.deep_moves:
        _check_free(seen, target[:-1])
    for field in validator.canonicaliser.mapping.fields:
        _check_aside(seen, field.split("."))
    tree = _landed(validator.canonicaliser(seen), validator.model, validator.shape, depth=1)
    missing = [name for name, field in fields(validator.model).items() if field.required and name not in tree]
    if missing:
        raise Unfit(f"no row has {missing[0]}")
    return tree


def _line(kind: RowType, embedded: EmbeddedList) -> dict[str, Any] | None:
    """An element of an embedded list with what it may have from its row; None where there was none."""
    node = kind.fields.get(embedded.field, Node())
    element = node.element if node.filled == {"list"} else None
    if element is None:
        if node.filled - {"list"}:
            raise Unfit(f"{embedded.field} is no list")
        return None
    if element.filled != {"object"}:
        raise Unfit(f"elements of {embedded.field} that are no objects")
    lists = ((embedded.field,),)
    line = {name: _symbol(inner, (name,), lists) for name, inner in element.fields.items()}
    for name, path in embedded.inherited.items():
        above = _node(kind.fields, path)
        own = element.fields.get(name, Node()).kinds
        fits = own.keys() - {"null"} <= above.filled
        node = Node(above.kinds + own if fits else above.kinds)
        line[name] = Leaf((name,), node, lists, inherited=path, own_fits=fits)
    return line


def _node(fields: Mapping[str, Node], path: Path) -> Node:
    """What was seen at a path."""
    node = Node(fields=dict(fields))
    for name in path:
        node = node.fields.get(name, Node())
    return node


def _symbol(node: Node, path: Path, lists: tuple[Path, ...]) -> Any:
    if node.filled == {"object"}:
        return {name: _symbol(inner, (*path, name), lists) for name, inner in node.fields.items()}
    if node.filled != {"list"}:
        return Leaf(path, node, lists)
    return [_symbol(node.element, (), (*lists, path))] if node.element else []


def _check_free(seen: Any, path: list[str]) -> None:
    """A scalar in the place of one of our objects is set aside in some rows only."""
    for name in path:
        if name not in seen:
            return
        seen = seen[name]
        if type(seen) is not dict:
            raise Unfit(f"{name} is no object in every row")


def _check_aside(seen: Any, path: list[str]) -> None:
    """What is set aside for one of our fields gets a name that depends on what else its row has."""
    for name in path:
        if type(seen) is not dict or name not in seen:
            return
        if f"source_{name}" in seen:
            raise Unfit(f"{name} is set aside beside source_{name}")
        seen = seen[name]


def _landed(row: dict[str, Any], model: type[BaseModel] | None, shape: Shape, depth: int) -> dict[str, Any]:
    refused = refused_names(tuple(row), shape.names, shape.reserved)
    if refused.names or refused.crosses:
        raise Unfit("names that cannot land together")
    declared = fields(model) if model else {}
    found: dict[str, Any] = {}
    for name, value in row.items():
        inner = shape.known.get(name, UNKNOWN)
        landed = _value(value, declared.get(name), inner, depth)
        if landed is not None:
            found[refused.renamed.get(name, name)] = landed
    return found


def _value(value: Any, field: Field | None, shape: Shape, depth: int) -> Any:
    """What stands for a value; None where nothing lands because it was null or empty each time."""
    if isinstance(value, Leaf):
        if not value.node.filled and (field is None or field.kind in ("object", "list")):
            return None
        if field is not None and field.kind in ("object", "list"):
            raise Unfit("a scalar instead of an object or a list")
        return replace(value, field=field)
    if depth >= DEEPEST:
        raise Unfit("nested too deep")
    if isinstance(value, dict):
        if field is not None and field.kind != "object":
            raise Unfit("an object instead of a scalar or a list")
        return _landed(value, field.model if field else None, shape, depth + 1) or None
    if field is not None and field.kind != "list":
        raise Unfit("a list instead of a scalar or an object")
    return [found for item in value if (found := _element(item, field, shape, depth + 1)) is not None] or None


def _element(item: Any, field: Field | None, shape: Shape, depth: int) -> Any:
    if isinstance(item, Leaf):
        if field is not None and field.model is not None:
            raise Unfit("a scalar instead of an object")
        return _value(item, field.element if field else None, shape, depth)
    if field is not None and field.model is None:
        raise Unfit("an object instead of a scalar")
    return _landed(item, field.model if field else None, shape, depth + 1)
