"""Under which contract a row was judged, so that a mended mapping or model makes the same row new again."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ecommerce_pipeline.records.canonical import Mapping
from ecommerce_pipeline.records.content import content_hash
from ecommerce_pipeline.records.structure import fields
from ecommerce_pipeline.records.wire import IdType

VERSION = 2
"""Raise it with every change of code after which some row is judged otherwise or lands otherwise."""


def contract_hash(model: type[BaseModel], mapping: Mapping, id_type: IdType) -> str:
    """16 hex digits that are equal for equal models, mappings and code, in every run and on every machine."""
    wire = [mapping.instant_format, mapping.timezone, mapping.money_scale, id_type]
    return content_hash([VERSION, _shape(model), dict(mapping.fields), wire])


def _shape(model: type[BaseModel]) -> dict[str, Any]:
    return {
        name: [field.kind, field.nullable, _shape(field.model) if field.model else None]
        for name, field in fields(model).items()
    }
