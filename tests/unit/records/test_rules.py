"""Every rule refuses at least one example, and says where and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import pytest
from dlt.common.json import custom_pua_decode
from pydantic_core.core_schema import ErrorType

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Mapping
from ecommerce_pipeline.records.columns import BOOKKEEPING
from ecommerce_pipeline.records.landing import LOADER_MARKS
from ecommerce_pipeline.records.rules import RULES
from ecommerce_pipeline.records.validation import Accepted, Rejected, decode_json, rule_of

CENTS = Mapping(money_scale=2)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


# rule, resource, field of the reason, changes to a valid row, mapping
EXAMPLES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("empty_name", "orders", " ", {" ": 1}),
    ("empty_name", "orders", "__", {"__": 1}),
    ("empty_text", "orders", "status", {"status": ""}),
    ("empty_text", "orders", "status", {"status": " \t"}),
    ("integer_too_large", "order_items", "id", {"id": 2**63}),
    ("integer_too_large", "order_items", "id", {"id": -(2**63) - 1}),
    ("integer_too_large", "orders", "tags.0", {"tags": [2**63]}),
    ("loader_mark", "orders", "status", {"status": "\uf0261"}),
    ("loader_mark", "orders", "note.0", {"note": ["\uf02d12:00"]}),
    ("name_clash", "orders", "customerId", {"customerId": 1}),
    ("name_clash", "orders", "placedAt", {"placedAt": "now"}),
    ("name_clash", "orders", "note.fooBar", {"note": {"fooBar": 1, "FooBar": 2}}),
    ("name_clash", "orders", "note.FooBar", {"note": {"fooBar": 1, "FooBar": 2}}),
    ("name_clash", "customers", "address.geo.Lat", {"address": {"geo": {"Lat": "1", "lat": "1"}}}),
    ("name_clash", "orders", "shipping_address__city", {"shipping_address__city": "Bonn"}),
    ("name_clash", "orders", "note.a__b", {"note": {"a__b": 1, "a": {"b": 2}}}),
    ("name_clash", "orders", "note.a.b", {"note": {"a__b": 1, "a": {"b": 2}}}),
    ("name_clash", "orders", "aB__c.d", {"aB__c": {"d": 1}, "a_b": {"c": {"d": 2}}}),
    ("name_clash", "orders", "a__b.c", {"a__b": [{"c": 1}], "a": [{"b": {"c": 2}}]}),
    ("name_clash", "customers", "address.geo__lat", {"address": {"geo__lat": "1"}}),
    ("negative", "order_items", "quantity", {"quantity": -1}),
    ("negative", "order_items", "quantity", {"quantity": Decimal("-0.001")}),
    ("nesting_too_deep", "orders", "note" + ".a" * 11, {"note": nested(12)}),
    ("not_a_currency", "orders", "currency", {"currency": "eur"}),
    ("not_a_currency", "orders", "currency", {"currency": "EURO"}),
    ("not_a_currency", "payments", "currency", {"currency": "EUR\n"}),
    ("not_a_currency", "products", "currency", {"currency": "ÄÖÜ"}),
    ("not_a_list", "orders", "tags", {"tags": "gift, red"}),
    ("not_a_list", "customers", "addresses", {"addresses": {"city": "Bonn"}}),
    ("not_a_quantity", "order_items", "quantity", {"quantity": "2"}),
    ("not_a_quantity", "order_items", "quantity", {"quantity": True}),
    ("not_a_quantity", "order_items", "quantity", {"quantity": 2.5}),
    ("not_an_email", "customers", "email", {"email": "anna"}),
    ("not_an_email", "customers", "email", {"email": "anna@example"}),
    ("not_an_email", "customers", "email", {"email": "an na@example.com"}),
    ("not_an_email", "customers", "email", {"email": "a@b@example.com"}),
    ("not_an_email", "customers", "email", {"email": "@example.com"}),
    ("not_an_email", "customers", "email", {"email": "a" * 320 + "@example.com"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "2024-03-01T10:00:00"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "yesterday"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "2024-02-30T10:00:00Z"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "2024-03-01"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "2024-W09-5T10:00:00Z"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "2024-03-01T10:00:00Z\n"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "2024-03-01T10:00:00+05:75"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "2024-03-01T24:00:00Z"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": "0001-01-01T00:00:00+05:00"}),
    ("not_an_instant", "orders", "updated_at", {"updated_at": 1709287200}),
    ("not_an_instant", "payments", "paid_at", {"paid_at": ""}),
    ("not_an_object", "customers", "address", {"address": "Am Markt 1"}),
    ("not_an_object", "customers", "address.geo", {"address": {"geo": [1, 2]}}),
    ("not_an_object", "customers", "addresses.0", {"addresses": [None]}),
    ("not_finite", "orders", "note", {"note": decode_json(b"1e99999999999999999999")}),
    ("not_finite", "orders", "a\\b", {"a\\b": float("inf")}),
    ("not_finite", "orders", "note.a", {"note": {"a": Decimal("NaN")}}),
    ("not_finite", "orders", "note", {"note": Decimal("sNaN")}),
    ("not_finite", "orders", "note", {"note": float("inf")}),
    ("not_finite", "orders", "total_amount", {"total_amount": Decimal("Infinity")}),
    ("not_json", "orders", "note", {"note": b"bytes"}),
    ("not_json", "orders", "1", {1: "x"}),  # type: ignore[dict-item]
    ("not_json", "orders", "note.0", {"note": [(1, 2)]}),
    ("not_money", "orders", "total_amount", {"total_amount": 9.98}),
    ("not_money", "orders", "total_amount", {"total_amount": True}),
    ("not_money", "orders", "total_amount", {"total_amount": "9,98"}),
    ("not_money", "orders", "total_amount", {"total_amount": " 9.98"}),
    ("not_money", "orders", "total_amount", {"total_amount": "1_000"}),
    ("not_money", "orders", "total_amount", {"total_amount": "٣"}),
    ("not_money", "orders", "total_amount", {"total_amount": "NaN"}),
    ("not_money", "orders", "tax_amount", {"tax_amount": ""}),
    ("not_text", "customers", "phone", {"phone": 4922112345}),
    ("not_text", "orders", "status", {"status": 1}),
    ("not_text", "orders", "tags.1", {"tags": ["a", 1]}),
    ("not_text", "customers", "address.geo.lat", {"address": {"geo": {"lat": True}}}),
    ("not_unicode", "orders", "note", {"note": "\ud800"}),
    ("not_unicode", "orders", "tags.0", {"tags": ["a\udfff"]}),
    ("not_unicode", "orders", "\\ud800", {"\ud800": 1}),
    ("nul_character", "orders", "status", {"status": "pa\0id"}),
    ("nul_character", "orders", "note.0.a", {"note": [{"a": "\0"}]}),
    ("nul_character", "orders", "no\\x00te", {"no\0te": 1}),
    ("null", "orders", "updated_at", {"updated_at": None}),
    ("null", "orders", "total_amount", {"total_amount": None}),
    ("null", "orders", "currency", {"currency": None}),
    ("null", "orders", "id", {"id": None}),
    ("null", "customers", "email", {"email": None}),
    ("null", "order_items", "order_id", {"order_id": None}),
    ("null", "order_items", "quantity", {"quantity": None}),
    ("null", "orders", "tags.0", {"tags": [None]}),
    ("reserved_name", "orders", "_dlt_id", {"_dlt_id": "x"}),
    ("reserved_name", "orders", "_dltExtra", {"_dltExtra": "x"}),
    ("reserved_name", "orders", "note.0._dlt_id", {"note": [{"_dlt_id": "x"}]}),
    ("reserved_name", "orders", "-dlt-id", {"-dlt-id": "x"}),
    ("reserved_name", "orders", "_loadedAt", {"_loadedAt": "x"}),
    *[("reserved_name", "orders", name, {name: "x"}) for name in BOOKKEEPING],
    ("too_many_decimals", "orders", "total_amount", {"total_amount": "0.0000000001"}),
    ("too_many_decimals", "orders", "total_amount", {"total_amount": Decimal("1.1234567891")}),
    ("too_many_decimals", "order_items", "quantity", {"quantity": Decimal("1e-10")}),
    ("too_many_digits", "orders", "total_amount", {"total_amount": "1" + "0" * 29}),
    ("too_many_digits", "orders", "total_amount", {"total_amount": Decimal("1e999999999")}),
    ("wrong_id_type", "orders", "id", {"id": "3"}),
    ("wrong_id_type", "orders", "id", {"id": True}),
    ("wrong_id_type", "orders", "id", {"id": 3.0}),
    ("wrong_id_type", "orders", "id", {"id": Decimal("3.0")}),
    ("wrong_id_type", "orders", "customer_id", {"customer_id": "1"}),
]


def faults(result: Accepted | Rejected) -> set[tuple[str, str]]:
    assert isinstance(result, Rejected)
    return {(item.field, item.rule) for item in result.reasons}


@pytest.mark.parametrize(
    ("rule", "resource", "field", "changes"),
    EXAMPLES,
    ids=[
        f"{rule}-{field}-{place}".encode("unicode_escape").decode()
        for place, (rule, _, field, _) in enumerate(EXAMPLES)
    ],
)
def test_a_broken_rule_is_named_with_its_field(
    rule: str, resource: str, field: str, changes: dict[str, Any], row: Any, validate: Any
) -> None:
    assert (field, rule) in faults(validate(resource, {**row(resource), **changes}))


REQUIRED = {
    "customers": ["id", "updated_at", "email"],
    "products": ["id", "updated_at", "price", "currency"],
    "orders": ["id", "updated_at", "customer_id", "status", "currency", "total_amount"],
    "order_items": ["id", "updated_at", "order_id", "product_id", "quantity", "unit_price"],
    "payments": ["id", "updated_at", "order_id", "amount", "currency", "status"],
    "deliveries": ["id", "updated_at", "order_id", "status"],
}


@pytest.mark.parametrize("resource", MODELS)
def test_exactly_the_required_fields_may_not_be_missing(resource: str, row: Any, validate: Any) -> None:
    result = validate(resource, {})
    assert {(name, "missing") for name in REQUIRED[resource]} == faults(result)
    assert all(item.value == "" for item in result.reasons)
    whole = row(resource)
    assert isinstance(validate(resource, {name: whole[name] for name in REQUIRED[resource]}), Accepted)


@pytest.mark.parametrize("raw", [None, 1, "text", [], [{}]], ids=repr)
def test_a_row_that_is_no_object_is_refused_with_what_it_was(raw: Any, validate: Any) -> None:
    result = validate("orders", raw)
    assert faults(result) == {("", "not_an_object")}
    assert result.raw == {"value": raw}


@pytest.mark.parametrize("amount", ["12.50", Decimal("12.50"), Decimal("1250.0"), "1e3"], ids=repr)
def test_a_fraction_is_refused_where_minor_units_are_declared(amount: Any, row: Any, validate: Any) -> None:
    result = validate("payments", row("payments", amount=amount), CENTS)
    assert faults(result) == {("amount", "not_minor_units")}


@pytest.mark.parametrize(("id_type", "found"), [("text", 3), ("integer", "o-3"), ("text", "")])
def test_an_id_has_the_type_that_the_shop_declares(id_type: str, found: Any, row: Any, validate: Any) -> None:
    result = validate("orders", row("orders", id=found, customer_id=None), id_type=id_type)
    assert faults(result) == {("id", "empty_text" if found == "" else "wrong_id_type")}


def test_what_is_no_number_is_not_money_in_minor_units_either(row: Any, validate: Any) -> None:
    assert faults(validate("payments", row("payments", amount="abc"), CENTS)) == {("amount", "not_money")}


@pytest.mark.parametrize(
    "wrap", [lambda value: [value], lambda value: {"a": value}], ids=["lists", "objects"]
)
def test_bottomless_nesting_is_refused_beside_a_name_that_crosses(wrap: Any, row: Any, validate: Any) -> None:
    value: Any = 1
    for _ in range(50_000):
        value = wrap(value)
    result = validate("orders", row("orders", deep__er=1, deep=value))
    assert {item.rule for item in result.reasons} == {"nesting_too_deep"}


def test_every_error_of_pydantic_has_a_rule() -> None:
    assert {rule_of(code) for code in get_args(ErrorType)} <= set(RULES)


def test_a_name_with_half_a_character_is_refused_by_a_known_rule(row: Any, validate: Any) -> None:
    result = validate("customers", row("customers", **{"\ud800": 1}, address={"\udfff": 1}))
    assert {item.rule for item in result.reasons} == {"not_unicode"}


def test_dlt_reads_its_own_values_from_the_refused_characters_and_no_others() -> None:
    texts = ["0", "2026-01-01", "2026-01-01T00:00:00", "12:00", "AA==", "0x00", str(UUID(int=0)), "note"]
    private = map(chr, range(0xE000, 0xF900))
    marks = {mark for mark in private if any(custom_pua_decode(mark + text) != mark + text for text in texts)}
    assert marks == set(LOADER_MARKS)


def test_every_rule_has_an_example() -> None:
    shown_elsewhere = {"missing", "not_minor_units", "parent_refused"}
    assert {rule for rule, *_ in EXAMPLES} | shown_elsewhere == set(RULES)


def test_every_reason_is_reported_and_not_only_the_first(row: Any, validate: Any) -> None:
    raw = row("orders", without=("currency",), id="x", total_amount=1.5, status="\0", _dlt_id=1, tags=[2, 3])
    assert faults(validate("orders", raw)) == {
        ("currency", "missing"),
        ("id", "wrong_id_type"),
        ("total_amount", "not_money"),
        ("status", "nul_character"),
        ("_dlt_id", "reserved_name"),
        ("tags.0", "not_text"),
        ("tags.1", "not_text"),
    }


def test_a_refusal_keeps_the_row_and_its_key(row: Any, validate: Any) -> None:
    raw = row("orders", total_amount="x")
    result = validate("orders", raw)
    assert (result.raw, result.key) == (raw, "3")
    assert [(item.field, item.value) for item in result.reasons] == [("total_amount", "'x'")]


@pytest.mark.parametrize(
    ("found", "key"),
    [("a\0b", "a\\x00b"), (True, None), (None, None), (10**5000, None)],
    ids=["text", "bool", "null", "endless"],
)
def test_the_key_of_a_refusal_can_be_stored(found: Any, key: str | None, row: Any, validate: Any) -> None:
    assert validate("orders", row("orders", id=found)).key == key


def test_a_shown_value_is_cut_at_200_characters(row: Any, validate: Any) -> None:
    for value in ("x" * 999, 10**5000, [1] * 999):
        result = validate("orders", row("orders", total_amount=value))
        assert all(0 < len(item.value) <= 200 for item in result.reasons)
