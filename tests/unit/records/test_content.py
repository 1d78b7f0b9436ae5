"""JSON keeps its digits on the way in; equal content has an equal hash."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import simplejson

from ecommerce_pipeline.records.content import content_hash, decode_json


def test_numbers_with_a_fraction_keep_all_digits() -> None:
    decoded = decode_json(b'{"a": 121.7113625000000000001, "b": 12, "c": 1.50, "d": 1e2}')
    assert {name: str(value) for name, value in decoded.items()} == {
        "a": "121.7113625000000000001",
        "b": "12",
        "c": "1.50",
        "d": "1E+2",
    }
    assert type(decoded["b"]) is int and type(decoded["d"]) is Decimal


@pytest.mark.parametrize("text", [b"nan", b"[Inf]", b"<html>", b"", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|Expecting|utf-8"):
        decode_json(text)


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e-99999999999999999999", "NaN", "-Infinity"])
def test_a_number_that_is_none_costs_one_record_and_not_the_page(
    number: str, row: Any, validate: Any
) -> None:
    page = decode_json(b'[{"note": %b}, {"note": 1}]' % number.encode())
    results = [validate("orders", row("orders", **each)) for each in page]
    assert [item.rule for item in results[0].reasons] == ["not_finite"]
    assert simplejson.dumps(results[0].raw["note"], use_decimal=True) == number
    assert (type(results[1].record["note"]), results[1].record["note"]) == (int, 1)


def test_the_hash_is_stable_across_releases() -> None:
    assert content_hash({"id": 1, "total": Decimal("9.90"), "tags": ["ä", None, True]}) == "968dc0642b8b3b73"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": Decimal("1.5")}, {"a": "1.5"}),
        ({"a": Decimal("1.5")}, {"a": Decimal("1.50")}),
        ({"a": None}, {}),
        ({"a": 0}, {"a": False}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": {"b": 1}}, {"a.b": 1}),
    ],
    ids=str,
)
def test_different_content_has_a_different_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert content_hash(one) != content_hash(other)


def test_a_value_that_json_lacks_has_no_hash() -> None:
    with pytest.raises(TypeError, match="Got bytes, expected"):
        content_hash({"a": b"x"})
