"""What the key of a row may be."""

from __future__ import annotations

from typing import Any

from ecommerce_pipeline.records.naming import text_rules
from ecommerce_pipeline.records.wire import IdType


def is_id(key: Any, id_type: IdType) -> bool:
    """Whether a key can stand in the column `id`; a query that names another one would fail."""
    if id_type == "integer":
        return type(key) is int and -(2**63) <= key < 2**63
    return type(key) is str and not text_rules(key)
