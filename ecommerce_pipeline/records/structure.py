"""What the models say about their own fields, read from their annotations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

from ecommerce_pipeline.records.models import Column, Kind, Rule


@dataclass(frozen=True)
class Field:
    """One canonical field.

    Attributes:
        kind: what it becomes in the warehouse.
        nullable: whether the field may be null or left out.
        model: the model of the object, or of the list's elements; None for scalars and lists of scalars.
        rule: what more than its type is asked of a value.
        required: whether the field must be there, null or not.
        element: what the elements of a list of scalars are; None for all else.
    """

    kind: Kind
    nullable: bool
    model: type[BaseModel] | None
    rule: Rule = ""
    required: bool = False
    element: Field | None = None


@cache
def fields(model: type[BaseModel]) -> dict[str, Field]:
    """The canonical fields of a model by name, in the order of declaration."""
    return {
        name: replace(_field(info.annotation, info.metadata), required=info.is_required())
        for name, info in model.model_fields.items()
    }


@cache
def paths(model: type[BaseModel]) -> frozenset[str]:
    """All canonical fields as dotted paths, objects and lists included, elements of lists not."""
    found: set[str] = set()
    for name, field in fields(model).items():
        found.add(name)
        if field.kind == "object" and field.model is not None:
            found.update(f"{name}.{inner}" for inner in paths(field.model))
    return frozenset(found)


def _field(annotation: Any, metadata: list[Any]) -> Field:
    """`X | None` hides the marks of X one level down; `X` alone has them on the field itself."""
    nullable = NoneType in get_args(annotation)
    if nullable:
        marked = next(part for part in get_args(annotation) if part is not NoneType)
        annotation, *metadata = get_args(marked)
    column = next(mark for mark in metadata if isinstance(mark, Column))
    inner = get_args(annotation)[0] if column.kind == "list" else annotation
    model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    scalars = column.kind == "list" and model is None
    element = _field(*_marked(inner)) if scalars else None
    return Field(column.kind, nullable, model, column.rule, element=element)


def _marked(annotation: Any) -> tuple[Any, list[Any]]:
    kind, *metadata = get_args(annotation)
    return kind, metadata
