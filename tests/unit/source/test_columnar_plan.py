"""Where rows land as columns: only in tables that dlt has finished."""

from __future__ import annotations

from typing import Any

import pytest
from dlt.common.schema import Schema

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Canonicaliser, Mapping
from ecommerce_pipeline.records.columns import columns
from ecommerce_pipeline.records.layout import Layout, RowType, Unfit
from ecommerce_pipeline.records.validation import Validator
from ecommerce_pipeline.source.columnar.plan import plan

ITEM = {
    "id": 1,
    "order_id": 2,
    "product_id": None,
    "quantity": 2,
    "unit_price": "9.90",
    "updated_at": "2026-01-02T03:04:05Z",
}


def _schema(*keys: str) -> Schema:
    """A schema that has the table of the lines of orders, and of dlt's own columns some."""
    schema = Schema("ecommerce")
    own: Any = {key: {"name": key, "data_type": "text", "nullable": False} for key in keys}
    schema.update_table({"name": "order_items", "columns": columns(MODELS["order_items"]) | own})
    return schema


def _kind() -> RowType:
    layout = Layout()
    layout.learn([ITEM])
    assert layout.row_type is not None
    return layout.row_type


VALIDATOR = Validator(MODELS["order_items"], Canonicaliser(Mapping(), MODELS["order_items"]), "integer")


def test_a_table_that_got_no_row_yet_takes_no_columns() -> None:
    with pytest.raises(Unfit, match="_dlt_load_id"):
        plan(_kind(), VALIDATOR, _schema("_dlt_id"), "order_items")


def test_a_table_with_all_its_keys_takes_the_fields_that_it_has_columns_for() -> None:
    found = plan(_kind(), VALIDATOR, _schema("_dlt_id", "_dlt_load_id"), "order_items")
    assert {column.name for column in found.table.columns} == set(ITEM)
