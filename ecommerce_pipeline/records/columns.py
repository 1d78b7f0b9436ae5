"""The columns of the warehouse, as dlt hints, generated from the models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ecommerce_pipeline.records.structure import Field, fields
from ecommerce_pipeline.records.wire import DECIMALS, INTEGER_DIGITS, IdType

Hints = dict[str, dict[str, Any]]

_TYPES: dict[str, dict[str, Any]] = {
    "text": {"data_type": "text"},
    "integer": {"data_type": "bigint"},
    "decimal": {"data_type": "decimal", "precision": INTEGER_DIGITS + DECIMALS, "scale": DECIMALS},
    "timestamp": {"data_type": "timestamp", "timezone": True, "precision": 6},
}


def _column(name: str, kind: str, nullable: bool) -> dict[str, Any]:
    return {"name": name, **_TYPES[kind], "nullable": nullable}


BOOKKEEPING: Hints = {
    "_loaded_at": _column("_loaded_at", "timestamp", nullable=False),
    "_source": _column("_source", "text", nullable=False),
    "_run_id": _column("_run_id", "text", nullable=False),
    "_content_hash": _column("_content_hash", "text", nullable=False),
    "_version": _column("_version", "text", nullable=False),
    "_deleted_at": _column("_deleted_at", "timestamp", nullable=True),
}
"""What every row carries beside its record; no shop's field may have one of these names."""


LINKS: Hints = {
    "_dlt_id": {**_column("_dlt_id", "text", nullable=False), "unique": True, "row_key": True},
    "_dlt_parent_id": {**_column("_dlt_parent_id", "text", nullable=False), "parent_key": True},
    "_dlt_root_id": {**_column("_dlt_root_id", "text", nullable=False), "root_key": True},
    "_dlt_list_idx": _column("_dlt_list_idx", "integer", nullable=False),
    "_deleted_at": _column("_deleted_at", "timestamp", nullable=True),
}
"""What the elements of a list carry: dlt's own columns and the mark of their row. Declared, so that their table is
whole before the first one comes.
"""


def columns(model: type[BaseModel], id_type: IdType = "integer") -> Hints:
    """Hints for all scalar fields of a model, those of nested objects under dlt's flattened names.

    Args:
        model: a record or a part of one.
        id_type: the type of `id` and of every reference in this shop.

    Returns:
        Column name -> hint. The bookkeeping columns are not among them.
    """
    return _columns(model, id_type, prefix="", optional=False)


def nested_columns(model: type[BaseModel], id_type: IdType = "integer") -> dict[str, Hints]:
    """Hints for the elements of each list: list name -> column name -> hint.

    Elements that are no objects have one column, `value`, as dlt calls it.
    """
    lists = {name: field for name, field in fields(model).items() if field.kind == "list"}
    return {
        name: {"value": _column("value", "text", nullable=True)}
        if field.model is None
        else columns(field.model, id_type)
        for name, field in lists.items()
    }


def _columns(model: type[BaseModel], id_type: IdType, prefix: str, optional: bool) -> Hints:
    """`optional`: the object that holds these fields may be absent, so each of them may be null."""
    found: Hints = {}
    for name, field in fields(model).items():
        path = prefix + name
        if field.kind == "object" and field.model is not None:
            found.update(_columns(field.model, id_type, f"{path}__", optional or field.nullable))
        elif field.kind != "list":
            found[path] = _column(path, _type_of(field, id_type), optional or field.nullable)
    return found


def _type_of(field: Field, id_type: IdType) -> str:
    return id_type if field.kind == "id" else field.kind
