"""What holds for any row at all."""

from __future__ import annotations

import json
from decimal import Context, Decimal
from typing import Any

import pytest
from dlt.common.normalizers.naming.snake_case import NamingConvention
from dlt.common.schema import Schema
from hypothesis import given
from hypothesis import strategies as st

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Canonicaliser, Mapping
from ecommerce_pipeline.records.naming import landing_name, normalised
from ecommerce_pipeline.records.rules import RULES
from ecommerce_pipeline.records.validation import Accepted, Validator, content_hash, decode_json
from ecommerce_pipeline.records.wire import INTEGER_DIGITS

OUR_NAMES = sorted({name for model in MODELS.values() for name in model.model_fields})
names = st.sampled_from([*OUR_NAMES, "_dlt_id", "customerId"]) | st.text(max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Cc"]), max_size=3)
    | st.datetimes().map(lambda stamp: stamp.isoformat() + "+14:00")
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=25,
)
finite = st.decimals(allow_nan=False, allow_infinity=False)
content = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)
WIDE, STEP = Context(prec=100), Decimal("1e-9")
MAPPINGS = [
    Mapping(),
    Mapping({"customer_id": "customer.id", "address.city": "name", "status": "tags"}, "unix", money_scale=2),
    Mapping({"placed_at": "created_at", "address": "addresses"}, "rfc2822", "Europe/Berlin"),
    Mapping({"id": "id.x", "email": "address.geo.lat"}, "unix_ms"),
]


def validator(resource: str, mapping: Mapping, id_type: Any = "integer") -> Validator:
    return Validator(MODELS[resource], Canonicaliser(mapping, MODELS[resource]), id_type)


ALL = [validator(resource, mapping) for resource in MODELS for mapping in MAPPINGS]


@given(st.sampled_from(ALL), anything | st.dictionaries(names, anything, max_size=10))
def test_any_value_is_accepted_or_refused_with_a_known_reason(checker: Validator, raw: Any) -> None:
    result = checker.validate(raw)
    if not isinstance(result, Accepted):
        assert result.reasons
        assert {item.rule for item in result.reasons} <= set(RULES)
        for item in result.reasons:
            (item.field + item.value).encode()
            assert "\0" not in item.field + item.value


@pytest.mark.parametrize("resource", MODELS)
@given(data=st.data())
def test_any_change_of_a_valid_row_is_accepted_or_refused(resource: str, row: Any, data: Any) -> None:
    changes = data.draw(st.dictionaries(names, anything, min_size=1, max_size=3))
    result = validator(resource, Mapping()).validate({**row(resource), **changes})
    if isinstance(result, Accepted):
        assert all(
            {name, landing_name(name)} & result.record.keys() for name in changes if changes[name] is not None
        )


@given(st.decimals(places=9, allow_nan=False, allow_infinity=False) | finite, st.booleans())
def test_accepted_money_is_the_number_on_the_wire(row: Any, number: Decimal, as_text: bool) -> None:
    wire = json.dumps(str(number)) if as_text else str(number)
    raw = {**row("orders"), **decode_json(b'{"total_amount": %b}' % wire.encode())}
    result = validator("orders", Mapping()).validate(raw)
    if isinstance(result, Accepted):
        assert result.record["total_amount"] == number
    else:
        # JSON writes an integer of over 64 bits only without quotes and without an exponent.
        widest = INTEGER_DIGITS if as_text else 18
        too_wide = number.adjusted() >= widest or number.quantize(STEP, context=WIDE) != number
        assert too_wide, result.reasons


@given(st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_ids_keep_their_type(row: Any, found: int | str) -> None:
    id_type = "integer" if isinstance(found, int) else "text"
    result = validator("deliveries", Mapping(), id_type).validate(
        {**row("deliveries"), "id": found, "order_id": found}
    )
    if isinstance(result, Accepted):
        assert [(type(value), value) for value in (result.record["id"], result.record["order_id"])] == [
            (type(found), found)
        ] * 2
    else:
        assert isinstance(found, str) and (not found.strip() or "\0" in found)


@given(st.dictionaries(st.text(), content), st.randoms())
def test_the_hash_does_not_depend_on_the_order_of_keys(raw: dict[str, Any], random: Any) -> None:
    shuffled = list(raw.items())
    random.shuffle(shuffled)
    assert content_hash(dict(shuffled)) == content_hash(raw)


def same(one: Any, other: Any) -> bool:
    """Equal with types and digits: 1 is not True, 1.5 is not 1.50."""
    return repr(_sorted(one)) == repr(_sorted(other))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


@given(
    st.dictionaries(st.text(max_size=3), content),
    st.dictionaries(st.text(max_size=3), content),
    st.text(),
    content,
)
def test_the_hash_changes_with_any_change(
    raw: dict[str, Any], other: dict[str, Any], name: str, value: Any
) -> None:
    for changed in (other, {**raw, name: value}):
        assert (content_hash(raw) == content_hash(changed)) == same(raw, changed)


@given(names | st.text("aZ_9-@ ä"))
def test_columns_have_the_names_that_dlt_gives_them(name: str) -> None:
    assert normalised(name) == NamingConvention().normalize_path(name)


awkward = st.text("aB_", min_size=1, max_size=5) | st.sampled_from(
    ["address", "city", "address__city", "value"]
)
tangle = st.recursive(
    st.just(1),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(awkward, inner, max_size=4),
    max_leaves=10,
)


def count(value: Any) -> int:
    """How many scalars there are, at any depth."""
    if isinstance(value, (dict, list)):
        return sum(count(item) for item in (value.values() if isinstance(value, dict) else value))
    return 1


@given(st.dictionaries(awkward, tangle, min_size=1, max_size=5))
def test_dlt_keeps_every_field_of_an_accepted_record(row: Any, raw: dict[str, Any]) -> None:
    result = validator("customers", Mapping()).validate({**row("customers"), **raw})
    if isinstance(result, Accepted):
        landed = Schema("any").normalize_data_item(result.record, "load", "customers")
        columns = [name for _, flat in landed for name in flat if not name.startswith("_dlt")]
        assert len(columns) == count(result.record)
