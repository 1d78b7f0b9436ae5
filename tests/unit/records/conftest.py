"""Valid rows of each resource, and what becomes of changed ones."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import settings

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Canonicaliser, Mapping
from ecommerce_pipeline.records.validation import Accepted, Rejected, Validator

# A busy machine is no reason to fail: examples have no time limit of their own.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

STAMPS = {"created_at": "2024-03-01T10:00:00Z", "updated_at": "2024-03-02T11:30:00.250+01:00"}
PLACE = {"street": "Am Markt 1", "city": "Köln", "postal_code": "50667", "country": "DE"}

VALID: dict[str, dict[str, Any]] = {
    "customers": {
        "id": 1,
        "email": "anna@example.com",
        "status": "active",
        "address": {**PLACE, "geo": {"lat": "50.94", "lng": "6.96"}},
        "addresses": [{**PLACE, "kind": "billing"}],
    },
    "products": {"id": 2, "sku": "A-1", "name": "Cup", "price": "4.99", "currency": "EUR"},
    "orders": {
        "id": 3,
        "customer_id": 1,
        "status": "paid",
        "currency": "EUR",
        "total_amount": "9.98",
        "shipping_address": PLACE,
        "tags": ["gift"],
    },
    "order_items": {"id": 4, "order_id": 3, "product_id": 2, "quantity": 2, "unit_price": "4.99"},
    "payments": {"id": 5, "order_id": 3, "status": "paid", "amount": "9.98", "currency": "EUR"},
    "deliveries": {"id": 6, "order_id": 3, "status": "pending", "carrier": "DHL"},
}

Row = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def row() -> Row:
    """A valid row of a resource, with changes; `without` names fields that are left out."""

    def build(resource: str, *, without: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
        whole = {**deepcopy(VALID[resource]), **STAMPS, **changes}
        return {name: value for name, value in whole.items() if name not in without}

    return build


@pytest.fixture(scope="session")
def validate() -> Callable[..., Accepted | Rejected]:
    def run(resource: str, raw: Any, mapping: Mapping | None = None, id_type: Any = "integer") -> Any:
        model = MODELS[resource]
        return Validator(model, Canonicaliser(mapping or Mapping(), model), id_type).validate(raw)

    return run
