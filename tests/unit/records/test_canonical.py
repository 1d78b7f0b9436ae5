"""A shop's names become ours; nothing is kept twice, nothing vanishes."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC
from typing import Any

import pytest

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Canonicaliser, Mapping, canonical

CASES: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = {
    "nothing declared": ({}, {"id": 1, "x": 2}, {"id": 1, "x": 2}),
    "renamed": ({"email": "mail"}, {"mail": "a", "x": 1}, {"x": 1, "email": "a"}),
    "same name": ({"email": "email"}, {"email": "a", "x": 1}, {"x": 1, "email": "a"}),
    "null is kept": ({"email": "mail"}, {"mail": None}, {"email": None}),
    "from inside": ({"a_id": "a.id"}, {"a": {"id": 1, "n": 2}}, {"a": {"n": 2}, "a_id": 1}),
    "emptied object goes": ({"a_id": "a.id"}, {"a": {"id": 1}}, {"a_id": 1}),
    "empty object stays": ({"a_id": "a.id"}, {"a": {}}, {"a": {}}),
    "missing path": ({"a_id": "a.id"}, {"a": {"n": 2}}, {"a": {"n": 2}}),
    "null on the way": ({"a_id": "a.id"}, {"a": None}, {"a_id": None}),
    "scalar on the way": ({"a_id": "a.id"}, {"a": 5}, {"a": 5}),
    "into an object": ({"a.c": "city"}, {"city": "B", "a": {"z": 1}}, {"a": {"z": 1, "c": "B"}}),
    "into a new object": ({"a.g.c": "city"}, {"city": "B"}, {"a": {"g": {"c": "B"}}}),
    "into null": ({"a.c": "city"}, {"city": "B", "a": None}, {"a": {"c": "B"}}),
    "missing for an object": ({"a.c": "city"}, {"x": 1}, {"x": 1}),
    "two from one": ({"p": "c", "q": "c"}, {"c": 1}, {"p": 1, "q": 1}),
    "object and its part": ({"p": "a", "q": "a.id"}, {"a": {"id": 1}}, {"p": {"id": 1}, "q": 1}),
    "object and a deep part": (
        {"p": "a", "q": "a.b.c"},
        {"a": {"b": {"c": 1}}},
        {"p": {"b": {"c": 1}}, "q": 1},
    ),
    "part of itself": ({"a.b": "a.c"}, {"a": {"c": 1, "d": 2}}, {"a": {"d": 2, "b": 1}}),
    "swapped": ({"p": "q", "q": "p"}, {"p": 1, "q": 2}, {"p": 2, "q": 1}),
    "shadowed": ({"status": "state"}, {"status": 1, "state": 2}, {"source_status": 1, "status": 2}),
    "shadowed, source missing": ({"status": "state"}, {"status": 1}, {"source_status": 1}),
    "shadowed twice": (
        {"status": "state"},
        {"status": 1, "state": 2, "source_status": 3},
        {"status": 2, "source_status": 3, "source_source_status": 1},
    ),
    "shadowed inside": ({"a.c": "x"}, {"a": {"c": 1}, "x": 2}, {"a": {"source_c": 1, "c": 2}}),
    "shadowed inside, source missing": ({"a.c": "x"}, {"a": {"c": 1}}, {"a": {"source_c": 1}}),
    "scalar in the way": ({"a.c": "x"}, {"a": "Street 1", "x": 2}, {"source_a": "Street 1", "a": {"c": 2}}),
    "text placed under a part": (
        {"a": "t", "a.c": "x"},
        {"t": "s", "x": 2},
        {"source_a": "s", "a": {"c": 2}},
    ),
}


@pytest.mark.parametrize(("fields", "source", "ours"), CASES.values(), ids=CASES)
def test_fields_are_renamed_as_declared(
    fields: dict[str, str], source: dict[str, Any], ours: dict[str, Any]
) -> None:
    before = deepcopy(source)
    assert canonical(source, Mapping(fields)) == ours
    assert source == before


@pytest.mark.parametrize("model", [None, MODELS["orders"]], ids=["without model", "with model"])
def test_a_field_of_ours_that_another_reads_too_stays_where_the_model_is_known(model: Any) -> None:
    ours = Canonicaliser(Mapping({"placed_at": "created_at"}), model)({"created_at": "t"})
    assert ours == ({"created_at": "t", "placed_at": "t"} if model else {"placed_at": "t"})


def test_a_part_of_an_object_of_ours_stays_too() -> None:
    source = {"shipping_address": {"city": "Bonn"}}
    ours = Canonicaliser(Mapping({"status": "shipping_address.city"}), MODELS["orders"])(source)
    assert ours == {**source, "status": "Bonn"}


def test_the_zone_utc_needs_no_zone_database() -> None:
    assert Mapping(timezone="UTC").zone() is UTC


def test_the_order_of_keys_does_not_depend_on_the_order_of_the_mapping() -> None:
    source = {"x": 1, "b": 2, "c": {"d": 3}, "y": 4}
    fields = {"total_amount": "b", "customer_id": "c.d", "status": "y"}
    backwards = dict(reversed(fields.items()))
    assert list(canonical(source, Mapping(fields))) == list(canonical(source, Mapping(backwards)))


def test_a_mapped_row_of_a_shop_is_accepted(row: Any, validate: Any) -> None:
    fields = {"customer_id": "customer.id", "total_amount": "total.gross", "shipping_address.city": "town"}
    raw = row("orders", without=("customer_id", "total_amount"), customer={"id": 9, "tier": "gold"})
    record = validate("orders", {**raw, "total": {"gross": "5.00"}, "town": "Bonn"}, Mapping(fields)).record
    assert (record["customer_id"], record["customer"], str(record["total_amount"])) == (
        9,
        {"tier": "gold"},
        "5.00",
    )
    assert record["shipping_address"]["city"] == "Bonn"
    assert "total" not in record and "town" not in record


def test_a_reserved_name_may_be_mapped_away(row: Any, validate: Any) -> None:
    raw = row("deliveries", without=("carrier",), _source="DHL")
    assert validate("deliveries", raw, Mapping({"carrier": "_source"})).record["carrier"] == "DHL"


@pytest.mark.parametrize(
    ("declared", "named"),
    [
        ({"instant_format": "iso"}, "`instant_format` is 'iso'"),
        ({"instant_format": "naive"}, "without a `timezone`"),
        ({"timezone": "Mars/Base"}, "`timezone` is 'Mars/Base'"),
        ({"timezone": "../etc/passwd"}, "`timezone` is"),
        ({"timezone": ""}, "`timezone` is ''"),
        ({"money_scale": -1}, "`money_scale` is -1"),
        ({"money_scale": True}, "`money_scale` is True"),
        ({"money_scale": 10}, "`money_scale` is 10"),
        ({"fields": {"a": "b..c"}}, "field path is 'b..c'"),
        ({"fields": {"": "b"}}, "field path is ''"),
        ({"fields": {"a": 1}}, "field path is 1"),
    ],
)
def test_a_wrong_mapping_is_refused_with_what_was_expected(declared: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingError, match=r"expected|declare") as refusal:
        Mapping(**declared)
    assert named in str(refusal.value)
