"""A row counts as new when what decides over it has changed: mapping, model or code; never by chance."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import pytest

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Mapping
from ecommerce_pipeline.records.contract import VERSION, contract_hash
from ecommerce_pipeline.records.models import Order
from ecommerce_pipeline.records.validation import Accepted, decode_json

UGLY = b"""{"a": 1, "b": 1.50, "c": 1e400, "d": 99999999999999999999, "e": "01", "\xc3\xa9": null, "f": NaN,
    "g__v_text": true, "h": [[{"i": "\\ud800"}]], "_dlt_id": "\\u0000", "aB": 0.1, "a_b": {}, "j": "\xef\x80\xa61"}"""


def test_the_same_contract_has_the_same_hash_in_every_process() -> None:
    mapping = Mapping({"status": "state", "id": "uid"}, "naive", "Europe/Berlin", 2)
    assert contract_hash(Order, mapping, "text") == "3c74b795209f781a"
    turned = Mapping({"id": "uid", "status": "state"}, "naive", "Europe/Berlin", 2)
    assert contract_hash(Order, turned, "text") == contract_hash(Order, mapping, "text")


@pytest.mark.parametrize(
    "other",
    [
        (Order, Mapping({"status": "state"}), "integer"),
        (Order, Mapping(instant_format="unix"), "integer"),
        (Order, Mapping(money_scale=2), "integer"),
        (Order, Mapping(instant_format="naive", timezone="UTC"), "integer"),
        (Order, Mapping(), "text"),
        (MODELS["payments"], Mapping(), "integer"),
    ],
    ids=repr,
)
def test_another_mapping_or_model_has_another_hash(other: Any) -> None:
    assert contract_hash(*other) != contract_hash(Order, Mapping(), "integer")


def test_code_that_judges_rows_otherwise_has_another_version(row: Any, validate: Any) -> None:
    """When this fails, some row lands otherwise than before: raise `VERSION` and pin the new digest."""
    ugly = decode_json(UGLY)
    rows = [row(name, **changes) for name in MODELS for changes in ({}, *({key: ugly[key]} for key in ugly))]
    results = [validate(name, raw) for name in MODELS for raw in rows]
    said = [_said(result) for result in results]
    assert {VERSION: blake2b(repr(said).encode(), digest_size=8).hexdigest()} == {2: "c2df312539ec9b8f"}


def _said(result: Any) -> list[Any]:
    return (
        sorted(result.record.items()) if isinstance(result, Accepted) else sorted(map(repr, result.reasons))
    )
