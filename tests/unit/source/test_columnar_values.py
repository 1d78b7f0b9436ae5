"""What a whole column is tested for never says more than the models do."""

from __future__ import annotations

import contextlib
import string
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import simplejson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Canonicaliser, Mapping
from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.records.landing_plan import Leaf, landing_tree
from ecommerce_pipeline.records.layout import Layout, RowType, Unfit
from ecommerce_pipeline.records.validation import Accepted, Validator
from ecommerce_pipeline.shop.typed_pages import has_unusual_texts
from ecommerce_pipeline.source.columnar.values import values_of

MAPPINGS = {
    "rfc3339": Mapping(),
    "minor units": Mapping({"total_amount": "total", "customer_id": "customer.id"}, money_scale=2),
    "unix": Mapping({"placed_at": "created_at"}, "unix"),
    "unix_ms": Mapping(instant_format="unix_ms"),
    "naive": Mapping(instant_format="naive", timezone="UTC"),
    "berlin": Mapping(instant_format="naive", timezone="Europe/Berlin"),
    "rfc2822": Mapping(instant_format="rfc2822"),
}
digits = st.text(string.digits, min_size=1, max_size=40)
amounts = st.builds(
    lambda sign, whole, rest: f"{sign}{whole}{rest}",
    st.sampled_from(["", "-", "+"]),
    digits,
    st.sampled_from(["", ".", ".5", ".50", ".123456789", ".1234567891", "e3", "E-2", " "]),
)
moments = st.builds(
    lambda day, gap, time, zone: f"{day}{gap}{time}{zone}",
    st.sampled_from(["2026-01-31", "2026-02-30", "0001-01-01", "9999-12-31", "2026-1-1", "1899-12-31"]),
    st.sampled_from(["T", "t", " ", "  ", ""]),
    st.sampled_from(
        ["00:00:00", "23:59:60", "24:00:00", "12:30", "12:00:00.123456", "12:00:00.1234567", "12:00:00,5"]
    ),
    st.sampled_from(["", "Z", "z", "+02:00", "-14:00", "+0200", "+99:00", "+02", " Z"]),
)
texts = (
    st.text(max_size=6)
    | amounts
    | moments
    | st.sampled_from(
        [
            "EUR",
            "eur",
            "EURO",
            "EUR\n",
            "a@b.de",
            "a@b",
            "ä@ö.de",
            " ",
            "\u00a0",
            "\u2003",
            "null",
            '"1.50"',
            "Thu, 01 Jan 2026 00:00:00 GMT",
            "a@b.de\n",
            "a b@c.de",
        ]
    )
)
numbers = (
    st.integers()
    | st.integers(0, 2_000_000_000_000)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
scalars = st.none() | st.booleans() | texts | numbers
values = (
    scalars
    | st.lists(scalars, max_size=2)
    | st.dictionaries(st.sampled_from(["id", "city", "street", "geo", "x"]), scalars, max_size=3)
)
ORDER: dict[str, Any] = {
    "id": 1,
    "customer_id": 7,
    "customer": {"id": 7},
    "status": "paid",
    "currency": "EUR",
    "total_amount": "9.98",
    "total": 998,
    "updated_at": "2026-01-02T03:04:05Z",
    "shipping_address": {"city": "Köln", "postal_code": "50667"},
    "note": "x",
    "weight": Decimal("1.5"),
}
CUSTOMER: dict[str, Any] = {
    "id": 1,
    "email": "a@b.de",
    "updated_at": "2026-01-02T03:04:05Z",
    "status": "active",
    "address": {"city": "Köln", "geo": {"lat": "50.9", "lng": Decimal("6.95")}},
}
ITEM: dict[str, Any] = {
    "id": 1,
    "order_id": 2,
    "product_id": None,
    "quantity": 2,
    "unit_price": Decimal("9.90"),
    "updated_at": "2026-01-02T03:04:05Z",
}
STAMPS = {
    "unix": 1_767_323_045,
    "unix_ms": 1_767_323_045_000,
    "naive": "2026-01-02T03:04:05",
    "berlin": "2026-10-25T02:30:00",
    "rfc2822": "Thu, 01 Jan 2026 00:00:00 GMT",
}
LIKELY: dict[str, list[Any]] = {
    "id": [None, "1", "", " ", 1.5, 2**63, True],
    "customer_id": [None, "1", 2**63],
    "email": ["a@b", "a@b.de ", "a b@c.de", "@b.de", "ä@ö.de", f"{'a' * 320}@b.de", "a@b@c.de", "a@b.de\n"],
    "status": ["", " ", "\u00a0", "\u2003\t", "x", None],
    "currency": ["EURO", "eur", "EUR\n", " EUR", "XEURX", "ÄÖÜ", "E", None],
    "quantity": [-1, Decimal("-0.5"), 0, Decimal("0.0000000001"), 10**30, "2", None],
    "unit_price": ["-1.5", "1.", ".5", "1e2", "NaN", "Infinity", "1,5", 10**29, Decimal("1E+3"), None],
    "total_amount": ["-0.00", "", "null", '"1.50"', "1.0000000000", 5, Decimal("5.10"), None],
    "total": [5, "5", "-5", "5.0", Decimal("5.0"), 10**20, None],
}
SAMPLES = {"orders": ORDER, "customers": CUSTOMER, "order_items": ITEM}


def _sample(resource: str, form: str, id_type: str) -> dict[str, Any]:
    """A row that is right."""
    sample = SAMPLES[resource] | ({"updated_at": STAMPS[form]} if form in STAMPS else {})
    if form == "minor units" and "unit_price" in sample:
        sample["unit_price"] = 990
    keys = ("id", "customer_id", "order_id")
    texts = {name: "k" for name in keys if name in sample} if id_type == "text" else {}
    return sample | texts | ({"customer": {"id": "k"}} if "customer" in sample and texts else {})


@st.composite
def rows(draw: st.DrawFn, sample: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows like the sample, each with another value in one or two fields, or without them."""
    found = []
    for _ in range(draw(st.integers(1, 6))):
        row = dict(sample)
        for name in draw(st.lists(st.sampled_from(sorted(sample)), min_size=1, max_size=2)):
            likely = LIKELY.get(name)
            if draw(st.integers(0, 5)):
                row[name] = draw(st.sampled_from(likely) if likely and draw(st.booleans()) else values)
            else:
                row.pop(name, None)
        found.append(row)
    return found


def _at(record: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    if isinstance(tree, Leaf):
        yield path, tree
    for name, inner in tree.items() if isinstance(tree, dict) else ():
        yield from _leaves(inner, (*path, name))


def _fitting(kind: RowType, raw: list[Any]) -> list[tuple[Any, Any]]:
    """The rows that fit, as objects and as they came."""
    found = []
    for row in raw:
        with contextlib.suppress(ValueError):
            text = simplejson.dumps(row, use_decimal=True).encode()
            if has_unusual_texts(text):
                continue  # such a page never comes here
            found.append((msgspec.json.decode(text, type=kind.struct), row))
    return found


def _columns(
    kind: RowType, objects: list[Any], validator: Validator
) -> tuple[dict[Any, list[Any]], list[bool]]:
    """The columns by the path of our names, and which rows are right."""
    right, columns = [True] * len(objects), {}
    for path, leaf in _leaves(landing_tree(kind, validator)):
        made = values_of(leaf, validator.canonicaliser.mapping, validator.id_type)
        array, sure = made.column(kind.column(objects, leaf.path))
        columns[path] = array.to_pylist()
        if sure is not None:
            right = [one and bool(other) for one, other in zip(right, sure.to_pylist(), strict=True)]
    return columns, right


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.data(),
    st.sampled_from(sorted(SAMPLES)),
    st.sampled_from(sorted(MAPPINGS)),
    st.sampled_from(["integer", "text"]),
)
def test_a_value_that_a_column_calls_right_lands_as_the_model_says(
    data: st.DataObject, resource: str, form: str, id_type: Any
) -> None:
    sample = _sample(resource, form, id_type)
    raw = decode_json(simplejson.dumps([sample, *data.draw(rows(sample))], use_decimal=True).encode())
    validator = Validator(MODELS[resource], Canonicaliser(MAPPINGS[form], MODELS[resource]), id_type)
    assert isinstance(validator.validate(raw[0]), Accepted)
    layout = Layout()
    layout.learn(row for row in raw if isinstance(validator.validate(row), Accepted))
    if layout.row_type is None:
        return
    fitting = _fitting(layout.row_type, raw)
    try:
        columns, right = _columns(layout.row_type, [found for found, _ in fitting], validator)
    except Unfit:
        return
    assert right[0], "a row without any fault is right"
    for place in (place for place, found in enumerate(right) if found):
        verdict = validator.validate(fitting[place][1])
        assert isinstance(verdict, Accepted), verdict
        landed = {path: _at(verdict.record, path) for path in columns}
        assert {path: column[place] for path, column in columns.items()} == landed
