"""What the models say about their own fields, read from their annotations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

from ecommerce_pipeline.records.models import Column, Kind


@dataclass(frozen=True)
class Field:
    """One canonical field.

    Attributes:
        kind: what it becomes in the warehouse.
        nullable: whether the field may be null or left out.
        model: the model of the object, or of the list's elements; None for scalars and lists of scalars.
    """

    kind: Kind
    nullable: bool
    model: type[BaseModel] | None


@cache
def fields(model: type[BaseModel]) -> dict[str, Field]:
    """The canonical fields of a model by name, in the order of declaration."""
    return {name: _field(info.annotation, info.metadata) for name, info in model.model_fields.items()}


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
    kind = next(mark.kind for mark in metadata if isinstance(mark, Column))
    inner = get_args(annotation)[0] if kind == "list" else annotation
    return Field(kind, nullable, inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None)
