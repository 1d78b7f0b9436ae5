"""Personal values leave a row wherever a shop keeps them."""

from __future__ import annotations

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.records.content import content_hash, decode_json, encode_json
from ecommerce_pipeline.records.masking import Masker
from ecommerce_pipeline.records.personal import Place, masker_of, read_policy

SALT = "0123456789abcdef"
NEEDED = {"id": "its key", "updated_at": "its cursor"}
ROOT = Path(__file__).resolve().parents[3]


def _masker(
    hashed: str | None = None,
    dropped: str | None = None,
    fields: dict[str, str] | None = None,
    resource: str = "customers",
    **place: Any,
) -> Masker:
    needed = {**NEEDED, **place.pop("needed", {})}
    masker = masker_of(
        read_policy(hashed, dropped, SALT), Place(resource, fields or {}, needed=needed, **place)
    )
    assert masker is not None
    return masker


def _hash(value: Any) -> str:
    hashed: str = _masker("customers.x")({"x": value})["x"]
    return hashed


CASES: dict[str, tuple[dict[str, str], str, Any, Any]] = {
    "a field": ({}, "phone", {"phone": "1", "status": "a"}, {"phone": "#1", "status": "a"}),
    "null and blank stay": ({}, "phone, x", {"phone": None, "x": " "}, {"phone": None, "x": " "}),
    "inside an object": ({}, "address.city", {"address": {"city": "B"}}, {"address": {"city": "#B"}}),
    "a whole object": (
        {},
        "address",
        {"address": {"geo": {"lat": "5"}}},
        {"address": {"geo": {"lat": "#5"}}},
    ),
    "through a list": (
        {},
        "addresses.street",
        {"addresses": [{"street": "S", "city": "B"}, {"city": "C"}, None]},
        {"addresses": [{"street": "#S", "city": "B"}, {"city": "C"}, None]},
    ),
    "a list of texts": (
        {},
        "names",
        {"names": ["A", ["B"], {"c": "D"}]},
        {"names": ["#A", ["#B"], {"c": "#D"}]},
    ),
    "a text where an object is declared": (
        {},
        "address.city",
        {"address": "Markt 1"},
        {"address": "#Markt 1"},
    ),
    "a text among a list's objects": (
        {},
        "addresses.street",
        {"addresses": ["Markt 1"]},
        {"addresses": ["#Markt 1"]},
    ),
    "no object at all": ({}, "phone", "anna", "#anna"),
    "a list instead of an object": ({}, "phone", [{"phone": "1"}, "anna"], [{"phone": "#1"}, "#anna"]),
    "renamed": ({"phone": "tel"}, "phone", {"tel": "1"}, {"tel": "#1"}),
    "renamed, and the shop's own of that name": (
        {"phone": "tel"},
        "phone",
        {"phone": "2", "tel": "1"},
        {"phone": "#2", "tel": "#1"},
    ),
    "the shop's own of that name is another field": (
        {"phone": "tel", "status": "phone"},
        "phone",
        {"phone": "active", "tel": "1"},
        {"phone": "active", "tel": "#1"},
    ),
    "from inside": (
        {"phone": "billing.tel"},
        "phone",
        {"billing": {"tel": "1", "n": 2}},
        {"billing": {"tel": "#1", "n": 2}},
    ),
    "an object with mappings inside": (
        {"address": "home", "address.city": "town"},
        "address",
        {"home": {"street": "S"}, "town": "B"},
        {"home": {"street": "#S"}, "town": "#B"},
    ),
    "below a mapped object": (
        {"address": "home"},
        "address.city",
        {"home": {"city": "B", "n": "1"}},
        {"home": {"city": "#B", "n": "1"}},
    ),
    "as dlt would name the column": (
        {},
        "email, address.street",
        {"Email": "e", "address__street": "S", "Address": {"Street": "S"}},
        {"Email": "#e", "address__street": "#S", "Address": {"Street": "#S"}},
    ),
    "letters beyond ASCII": ({}, "größe", {"größe": "1", "grüße": "2"}, {"größe": "#1", "grüße": "2"}),
    "a needed field inside": (
        {"status": "meta.state", "id": "meta.id"},
        "meta",
        {"meta": {"id": 5, "n": "A"}},
        {"meta": {"id": 5, "n": "#A"}},
    ),
}


def _named(paths: str) -> str:
    return ", ".join(f"customers.{path.strip()}" for path in paths.split(","))


def _marked(value: Any) -> Any:
    """What a case writes as `#text`, hashed."""
    if isinstance(value, dict):
        return {name: _marked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner) for inner in value]
    return _hash(value[1:]) if isinstance(value, str) and value.startswith("#") else value


@pytest.mark.parametrize(("fields", "paths", "raw", "masked"), CASES.values(), ids=CASES)
def test_values_are_hashed_where_the_shop_keeps_them(
    fields: dict[str, str], paths: str, raw: Any, masked: Any
) -> None:
    before = deepcopy(raw)
    assert _masker(_named(paths), fields=fields)(raw) == _marked(masked)
    assert raw == before


DROPPED: dict[str, tuple[str, Any, Any]] = {
    "a field": ("phone", {"phone": "1", "status": "a"}, {"status": "a"}),
    "null too": ("phone", {"phone": None}, {}),
    "an object": ("address", {"address": {"city": "B"}}, {}),
    "inside a list": (
        "addresses.street",
        {"addresses": [{"street": "S", "n": 1}]},
        {"addresses": [{"n": 1}]},
    ),
    "a text where an object is declared": ("address.city", {"address": "Markt 1"}, {"address": "dropped"}),
    "no object at all": ("phone", "anna", "dropped"),
    "an object that holds the key": ("meta", {"meta": {"id": 5, "n": "A"}}, {"meta": {"id": 5}}),
    "null that holds the key": ("meta", {"meta": None}, {"meta": None}),
    "a text that should hold the key": ("meta", {"meta": "A"}, {}),
}


@pytest.mark.parametrize(("path", "raw", "left"), DROPPED.values(), ids=DROPPED)
def test_dropped_values_are_gone(path: str, raw: Any, left: Any) -> None:
    fields = {"id": "meta.id"} if path == "meta" else {}
    needed = {"meta.id": "its key"} if path == "meta" else {}
    assert _masker(dropped=f"customers.{path}", fields=fields, needed=needed)(raw) == left


def test_the_more_specific_path_decides() -> None:
    mask = _masker("customers.address", "customers.address.street")
    assert mask({"address": {"street": "S", "city": "B"}}) == {"address": {"city": _hash("B")}}


def test_where_two_fields_read_the_same_one_it_is_dropped() -> None:
    fields = {"last_name": "name", "first_name": "name"}
    assert _masker("customers.first_name", "customers.last_name", fields)({"name": "Anna"}) == {}


def test_lines_inside_an_order_are_masked_with_it() -> None:
    lines = Place("order_items", {"note": "remark"}, {**NEEDED, "order_id": "the reference to its parent"})
    mask = _masker("order_items.note, orders.buyer", resource="orders", lines={"items": lines})
    raw = {"id": 1, "buyer": "A", "items": [{"id": 2, "remark": "R"}, "wrong"]}
    assert mask(raw) == {
        "id": 1,
        "buyer": _hash("A"),
        "items": [{"id": 2, "remark": _hash("R")}, _hash("wrong")],
    }


@pytest.mark.parametrize("value", ["Anna", "anna@example.com", 12.5, True, "", "hashed-", "0" * 32])
def test_what_is_masked_already_stays_as_it_is(value: Any) -> None:
    assert _hash(_hash(value)) == _hash(value)


def test_a_hash_is_32_digits_and_a_right_address_stays_one() -> None:
    # openssl dgst -sha256 -hmac 0123456789abcdef gives these digits.
    assert _hash("Anna") == "hashed-851d0a04c935f6bc5acdd824339733ae"
    assert _hash("anna@example.com") == "18ad5ee274fd35417922e6d32dbcf89d@hashed.invalid"
    assert "@" not in _hash("anna@nowhere") and "@" not in _hash("anna at example.com")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("4930123", "4930123"),
        ("1.50", "1.50"),
        ("0.10000000000000000000000000000001", "0.10000000000000000000000000000001"),
        ("12345678901234567890123456789012345678901", "12345678901234567890123456789012345678901"),
        ("9" * 4500, "9" * 4500),
        ("true", "true"),
        ("NaN", "NaN"),
    ],
)
def test_a_number_has_the_hash_of_its_digits(number: str, text: str) -> None:
    assert _hash(decode_json(number.encode())) == _hash(text)


def test_half_a_character_can_be_hashed() -> None:
    assert len({_hash("\ud800"), _hash("\ud801"), _hash("ä"), _hash("a\u0308")}) == 4


def test_another_salt_gives_other_hashes() -> None:
    other = masker_of(read_policy("customers.x", None, SALT[::-1]), Place("customers", {}, NEEDED))
    assert other is not None and other({"x": "Anna"})["x"] != _hash("Anna")


def test_hashes_are_equal_in_every_process() -> None:
    code = (
        "from ecommerce_pipeline.records.personal import *;"
        f"mask = masker_of(read_policy('customers.x', None, {SALT!r}), Place('customers', {{}}, {{}}));"
        "print(mask({'x': 'Ännä'})['x'])"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert shown == {_hash("Ännä")}


def test_what_is_kept_has_every_number_as_it_came() -> None:
    body = b'[{"phone": "1", "a": 1.50, "b": 1e400, "c": 123456789012345678901234567890.25, "d": NaN, "e": "\\ud800"}]'
    rows = [_masker("customers.phone")(row) for row in decode_json(body)]
    assert content_hash(decode_json(encode_json(rows))) == content_hash(rows)
    assert content_hash([{**rows[0], "phone": "1"}]) == content_hash(decode_json(body))


def test_a_field_that_no_row_has_is_known_by_name() -> None:
    mask = _masker("customers.phone, customers.emial", "customers.address.street")
    mask({"phone": None, "address": {"city": "B"}})
    assert mask.unmet == {"customers.emial", "customers.address.street"}


def test_a_resource_without_personal_columns_has_no_masker() -> None:
    assert masker_of(read_policy("customers.phone", None, SALT), Place("orders", {}, NEEDED)) is None
