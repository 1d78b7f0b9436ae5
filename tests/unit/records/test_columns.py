"""The columns come from the models, with the names that dlt gives them."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.columns import BOOKKEEPING, columns, nested_columns
from ecommerce_pipeline.records.models import Column, Part, Text
from ecommerce_pipeline.records.naming import normalised


def leaves(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in record.items():
        found |= leaves(value, f"{prefix}{name}__") if type(value) is dict else {prefix + name: value}
    return found


@pytest.mark.parametrize("resource", MODELS)
def test_every_field_of_an_accepted_record_has_a_column_or_is_a_list(
    resource: str, row: Any, validate: Any
) -> None:
    model = MODELS[resource]
    record = leaves(validate(resource, row(resource)).record)
    declared = set(columns(model)) | set(nested_columns(model))
    assert set(record) <= declared
    assert declared - set(record) == set()


@pytest.mark.parametrize("id_type", ["integer", "text"])
def test_ids_and_references_have_the_declared_type(id_type: Any) -> None:
    hints = columns(MODELS["order_items"], id_type)
    expected = {"integer": "bigint", "text": "text"}[id_type]
    assert {hints[name]["data_type"] for name in ("id", "order_id", "product_id")} == {expected}


def test_money_and_instants_have_a_declared_precision() -> None:
    hints = columns(MODELS["order_items"])
    number = {"data_type": "decimal", "precision": 38, "scale": 9}
    instant = {"data_type": "timestamp", "timezone": True, "precision": 6}
    for name in ("unit_price", "quantity", "line_amount"):
        assert number.items() <= hints[name].items()
    assert instant.items() <= hints["updated_at"].items()


def test_nested_objects_are_flattened_and_always_nullable() -> None:
    hints = columns(MODELS["customers"])
    assert hints["address__geo__lat"] == {"name": "address__geo__lat", "data_type": "text", "nullable": True}
    assert "address" not in hints and "addresses" not in hints


class _Inner(Part):
    must: Text


class _Firm(Part):
    firm: Annotated[_Inner, Column("object")]


class _Deep(Part):
    firm: Annotated[_Inner, Column("object")]
    soft: Annotated[_Firm, Column("object")] | None = None


def test_a_field_is_nullable_where_any_object_around_it_may_be_absent() -> None:
    found = {name: hint["nullable"] for name, hint in columns(_Deep).items()}
    assert found == {"firm__must": False, "soft__firm__must": True}


def test_only_what_a_record_must_have_refuses_null() -> None:
    hints = columns(MODELS["orders"])
    required = {name for name, hint in hints.items() if not hint["nullable"]}
    assert required == {"id", "updated_at", "status", "currency", "total_amount"}


def test_lists_have_columns_of_their_own() -> None:
    assert set(nested_columns(MODELS["customers"])["addresses"]) == {
        "street",
        "city",
        "postal_code",
        "country",
        "kind",
    }
    assert nested_columns(MODELS["orders"]) == {
        "tags": {"value": {"name": "value", "data_type": "text", "nullable": True}}
    }
    assert nested_columns(MODELS["payments"]) == {}


def test_every_row_carries_the_same_bookkeeping() -> None:
    types = {name: hint["data_type"] for name, hint in BOOKKEEPING.items()}
    text = dict.fromkeys(("_source", "_run_id", "_content_hash", "_version"), "text")
    assert types == {"_loaded_at": "timestamp", "_deleted_at": "timestamp", **text}


@pytest.mark.parametrize("resource", MODELS)
def test_our_names_are_names_that_dlt_does_not_change(resource: str) -> None:
    for hints in (columns(MODELS[resource]), *nested_columns(MODELS[resource]).values()):
        for name in hints:
            assert normalised(name) == name
