"""What an accepted record looks like: nothing rounded, nothing coerced, nothing dropped."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from dlt.common.data_types.typing import DATA_TYPES
from pydantic import ValidationError

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Mapping
from ecommerce_pipeline.records.naming import landing_name, normalised
from ecommerce_pipeline.records.validation import Accepted, decode_json

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)


def accepted(result: Any) -> dict[str, Any]:
    assert isinstance(result, Accepted), result
    return result.record


@pytest.mark.parametrize("resource", MODELS)
def test_a_valid_row_is_accepted_and_not_changed(resource: str, row: Any, validate: Any) -> None:
    raw = row(resource)
    before = deepcopy(raw)
    record = accepted(validate(resource, raw))
    assert record["id"] == raw["id"]
    assert raw == before


@pytest.mark.parametrize(
    ("wire", "money"),
    [
        ("12.50", "12.50"),
        (12, "12"),
        (Decimal("12.500"), "12.500"),
        ("-3.10", "-3.10"),
        ("+.5", "0.5"),
        ("1e3", "1000"),
        (Decimal("1E+3"), "1000"),
        (Decimal("123456789012E+1"), "1234567890120"),
        ("0e500", "0"),
        ("1.00000000000", "1.000000000"),
        ("9" * 29 + "." + "9" * 9, "9" * 29 + "." + "9" * 9),
        ("9" * 29 + "." + "9" * 9 + "00", "9" * 29 + "." + "9" * 9),
        (Decimal("9" * 29 + "e0"), "9" * 29),
    ],
    ids=str,
)
def test_money_is_exact_to_the_last_digit(wire: Any, money: str, row: Any, validate: Any) -> None:
    amount = accepted(validate("orders", row("orders", total_amount=wire)))["total_amount"]
    assert (type(amount), str(amount)) == (Decimal, money)


@pytest.mark.parametrize(
    ("wire", "scale", "money"),
    [
        (1250, 2, "12.50"),
        ("1250", 2, "12.50"),
        (-5, 2, "-0.05"),
        (7, 0, "7"),
        ("1" * 35, 9, "1" * 26 + "." + "1" * 9),
    ],
)
def test_minor_units_are_divided_exactly(wire: Any, scale: int, money: str, row: Any, validate: Any) -> None:
    mapping = Mapping(money_scale=scale)
    assert str(accepted(validate("payments", row("payments", amount=wire), mapping))["amount"]) == money


@pytest.mark.parametrize("quantity", [0, 3, Decimal("0.375"), 2**63 - 1], ids=str)
def test_quantities_may_be_zero_or_fractions_and_ignore_minor_units(
    quantity: Any, row: Any, validate: Any
) -> None:
    raw = row("order_items", quantity=quantity, unit_price=499)
    record = accepted(validate("order_items", raw, Mapping(money_scale=2)))
    assert (type(record["quantity"]), record["quantity"]) == (Decimal, quantity)


@pytest.mark.parametrize(
    ("wire", "mapping"),
    [
        ("2024-07-01T12:00:00Z", Mapping()),
        ("2024-07-01t12:00:00z", Mapping()),
        ("2024-07-01 14:00:00+0200", Mapping()),
        ("2024-07-01T12:00:00-00:00", Mapping()),
        ("2024-07-01T12:00:00.0000009Z", Mapping()),
        ("2024-07-01T14:00:00", Mapping(timezone="Europe/Berlin")),
        ("2024-07-01 14:00:00", Mapping(instant_format="naive", timezone="Europe/Berlin")),
        ("2024-07-01T12:00:00", Mapping(instant_format="naive", timezone="UTC")),
        ("2024-07-01T05:00:00-07:00", Mapping(instant_format="naive", timezone="Europe/Berlin")),
        (1719835200, Mapping(instant_format="unix")),
        ("1719835200", Mapping(instant_format="unix")),
        (Decimal("1719835200.0"), Mapping(instant_format="unix")),
        (1719835200000, Mapping(instant_format="unix_ms")),
        ("Mon, 01 Jul 2024 14:00:00 +0200", Mapping(instant_format="rfc2822")),
        ("Mon, 01 Jul 2024 12:00:00 -0000", Mapping(instant_format="rfc2822", timezone="Europe/Berlin")),
        ("Mon, 01 Jul 2024 14:00:00", Mapping(instant_format="rfc2822", timezone="Europe/Berlin")),
    ],
    ids=str,
)
def test_instants_of_every_format_become_utc(wire: Any, mapping: Mapping, row: Any, validate: Any) -> None:
    raw = row("orders", without=("created_at",), updated_at=wire)
    updated_at = accepted(validate("orders", raw, mapping))["updated_at"]
    assert (updated_at, updated_at.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    ("wire", "instant_format"),
    [
        (True, "unix"),
        (1.5, "unix"),
        ("2024-07-01T12:00:00Z", "unix"),
        (10**11 * 4, "unix"),
        (-(10**11), "unix"),
        (Decimal("1e999999999"), "unix"),
        (Decimal("NaN"), "unix_ms"),
        ("Mon, 01 Jul 2024 14:00:00", "rfc2822"),
        ("Mon, 99 Jul 2024 14:00:00 GMT", "rfc2822"),
        ("soon", "rfc2822"),
        (1719835200, "rfc2822"),
    ],
)
def test_what_is_no_instant_of_the_declared_format_is_refused(
    wire: Any, instant_format: Any, row: Any, validate: Any
) -> None:
    raw = row("orders", without=("created_at",), updated_at=wire)
    reasons = validate("orders", raw, Mapping(instant_format=instant_format)).reasons
    assert ("updated_at", "not_an_instant") in {(item.field, item.rule) for item in reasons}


@pytest.mark.parametrize(
    ("id_type", "found"), [("integer", -7), ("integer", 2**63 - 1), ("text", "007"), ("text", "ö")]
)
def test_ids_and_references_keep_value_and_type(id_type: str, found: Any, row: Any, validate: Any) -> None:
    raw = row("order_items", id=found, order_id=found, product_id=None)
    record = accepted(validate("order_items", raw, id_type=id_type))
    assert [record["id"], record["order_id"], record["product_id"]] == [found, found, None]
    assert type(record["id"]) is type(found)


def test_unknown_fields_pass_at_every_level(row: Any, validate: Any) -> None:
    raw = row("customers", loyalty={"points": [None, {"x": None}]}, vip=True)
    raw["address"]["floor"] = 3
    raw["address"]["geo"]["source"] = "gps"
    raw["addresses"][0]["box"] = "12"
    record = accepted(validate("customers", raw))
    assert (record["loyalty"], record["vip"]) == ({"points": [None, {"x": None}]}, True)
    assert (record["address"]["floor"], record["address"]["geo"]["source"]) == (3, "gps")
    assert record["addresses"][0]["box"] == "12"


def test_two_underscores_in_a_name_pass_where_nothing_clashes(row: Any, validate: Any) -> None:
    changes = {
        "shipping_address__note": "x",
        "a__b": 1,
        "a": {"c": [{"b__d": 1}, 2, []], "e": {}},
        "f__": None,
        "g__h": {"i": 1},
        "g": {"h": {"j": 2}},
    }
    record = accepted(validate("orders", row("orders", **changes)))
    assert {name: record[name] for name in changes} == changes


def test_unknown_decimals_become_floats_and_known_ones_stay(row: Any, validate: Any) -> None:
    raw = row(
        "orders", total_amount=Decimal("9.98"), weight=Decimal("1.5"), parts=[{"weight": Decimal("0.5")}]
    )
    record = accepted(validate("orders", raw))
    assert (type(record["weight"]), type(record["parts"][0]["weight"])) == (float, float)
    assert (record["weight"], record["parts"]) == (1.5, [{"weight": 0.5}])
    assert type(record["total_amount"]) is Decimal


@pytest.mark.parametrize(
    "number", [str(2**63), str(-(2**63) - 1), "1" * 5000, "1e400", "0.1000000000000000000001", "1e-400"]
)
def test_unknown_numbers_that_no_column_holds_become_their_digits(
    row: Any, validate: Any, number: str
) -> None:
    raw = row("orders", **decode_json(f'{{"note": {number}, "meta": {{"list": [{number}]}}}}'.encode()))
    record = accepted(validate("orders", raw))
    assert (type(record["note"]), Decimal(record["note"])) == (str, Decimal(number))
    assert record["meta"]["list"] == [record["note"]]


def test_names_that_dlt_would_make_alike_share_no_column(row: Any, validate: Any) -> None:
    names = ["größe", "grüße", "名前", "價格", "?", "!", "note", "note__v_text", "note__v_textx"]
    record = accepted(validate("orders", row("orders", **dict.fromkeys(names, 1))))
    assert len({normalised(name) for name in record}) == len(record) > len(names)
    assert "note" in record and not {"note__v_text", "größe"} & record.keys()


@pytest.mark.parametrize("kind", sorted(DATA_TYPES))
def test_no_name_becomes_the_column_that_dlt_adds_for_a_second_type(kind: str) -> None:
    for name in (f"note__v_{kind}", f"v_{kind}", f"noteV_{kind}", f"é__v_{kind}"):
        assert not normalised(landing_name(name)).endswith(f"__v_{kind}")


def test_an_amount_inside_an_unknown_object_is_unknown_too(row: Any, validate: Any) -> None:
    record = accepted(validate("orders", row("orders", refund={"total_amount": Decimal("1.5")})))
    assert type(record["refund"]["total_amount"]) is float


def test_coordinates_keep_every_digit_as_text(row: Any, validate: Any) -> None:
    place = {"geo": {"lat": Decimal("50.94128734628374628"), "lng": 7}}
    record = accepted(validate("customers", row("customers", address=place)))
    assert record["address"]["geo"] == {"lat": "50.94128734628374628", "lng": "7"}


@pytest.mark.parametrize(
    "absent", [{"without": ("tags", "shipping_address")}, {"tags": None, "shipping_address": None}]
)
def test_an_absent_list_is_empty_and_an_absent_object_left_out(absent: Any, row: Any, validate: Any) -> None:
    record = accepted(validate("orders", row("orders", **absent)))
    assert record["tags"] == []
    assert "shipping_address" not in record
    assert record["placed_at"] is None


def test_our_fields_come_first_in_the_order_of_the_model(row: Any, validate: Any) -> None:
    raw = dict(reversed(row("payments", zebra=1, apple=2).items()))
    assert list(accepted(validate("payments", raw))) == [*MODELS["payments"].model_fields, "apple", "zebra"]


def test_an_accepted_record_shares_nothing_with_the_row(row: Any, validate: Any) -> None:
    raw = row("orders", extra={"list": [1]})
    record = accepted(validate("orders", raw))
    record["extra"]["list"].append(2)
    record["tags"].append("x")
    assert (raw["extra"], raw["tags"]) == ({"list": [1]}, ["gift"])


def test_twelve_levels_may_be_nested(row: Any, validate: Any) -> None:
    value: Any = 1
    for _ in range(11):
        value = [value]
    assert accepted(validate("orders", row("orders", deep=value)))["deep"] == value


def test_a_model_alone_takes_aware_datetimes_and_refuses_naive_ones(row: Any) -> None:
    model = MODELS["payments"]
    berlin = NOON.astimezone(timezone(timedelta(hours=2)))
    assert model.model_validate(row("payments", updated_at=berlin)).updated_at.tzinfo is UTC
    with pytest.raises(ValidationError, match="not_an_instant"):
        model.model_validate(row("payments", updated_at=NOON.replace(tzinfo=None)))


def test_a_model_alone_reads_rfc3339_major_units_and_ids_of_both_types(row: Any) -> None:
    model = MODELS["payments"].model_validate(row("payments", id="a", order_id=1))
    assert (model.id, model.updated_at) == ("a", datetime(2024, 3, 2, 10, 30, 0, 250_000, tzinfo=UTC))
