"""The contract of the demo shop's records: which fields there are, of which kind, which must be there.

It is the shop's own judge of right and wrong; it shares no code with the pipeline that reads the shop.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

Row = dict[str, Any]


class Field(NamedTuple):
    """One field: its kind, and whether it may be null or left out."""

    kind: str
    optional: bool = False


_TIMES = {"id": Field("reference"), "created_at": Field("instant", True), "updated_at": Field("instant")}

FIELDS: dict[str, dict[str, Field]] = {
    "customers": {
        **_TIMES,
        "email": Field("email"),
        "first_name": Field("text", True),
        "last_name": Field("text", True),
        "phone": Field("text", True),
        "status": Field("word", True),
        "address": Field("object", True),
        "addresses": Field("list", True),
    },
    "products": {
        **_TIMES,
        "sku": Field("text", True),
        "name": Field("text", True),
        "category": Field("text", True),
        "price": Field("money"),
        "currency": Field("currency"),
        "status": Field("word", True),
    },
    "orders": {
        **_TIMES,
        "customer_id": Field("reference"),
        "status": Field("word"),
        "currency": Field("currency"),
        "placed_at": Field("instant", True),
        "subtotal_amount": Field("money", True),
        "discount_amount": Field("money", True),
        "tax_amount": Field("money", True),
        "shipping_amount": Field("money", True),
        "refunded_amount": Field("money", True),
        "total_amount": Field("money"),
        "shipping_address": Field("object", True),
        "tags": Field("list", True),
    },
    "order_items": {
        **_TIMES,
        "order_id": Field("reference"),
        "product_id": Field("reference"),
        "quantity": Field("quantity"),
        "unit_price": Field("money"),
        "discount_amount": Field("money", True),
        "line_amount": Field("money", True),
    },
    "payments": {
        **_TIMES,
        "order_id": Field("reference"),
        "method": Field("text", True),
        "status": Field("word"),
        "amount": Field("money"),
        "currency": Field("currency"),
        "paid_at": Field("instant", True),
    },
    "deliveries": {
        **_TIMES,
        "order_id": Field("reference"),
        "carrier": Field("text", True),
        "tracking_number": Field("text", True),
        "status": Field("word"),
        "shipped_at": Field("instant", True),
        "delivered_at": Field("instant", True),
        "promised_at": Field("instant", True),
    },
}

_TEXTS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "currency": re.compile(r"[A-Z]{3}"),
    "money": re.compile(r"-?\d+(\.\d{1,9})?", re.ASCII),
    "word": re.compile(r".*\S.*", re.DOTALL),
    "text": re.compile(r".*", re.DOTALL),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "reference": (int,),
    "quantity": (int,),
    "object": (dict,),
    "list": (list,),
}


def keeps(field: Field, value: Any) -> bool:
    """Whether a value, as the API serves it, keeps the contract."""
    if value is None:
        return field.optional
    if field.kind in _TEXTS:
        return isinstance(value, str) and _TEXTS[field.kind].fullmatch(value) is not None
    if field.kind == "instant":
        return parse_instant(value) is not None
    right = isinstance(value, _TYPES[field.kind]) and not isinstance(value, bool)
    return right and not (field.kind == "quantity" and value < 0)


def broken_fields(resource: str, row: Row) -> list[str]:
    """The fields that break the contract in a row as the API serves it; empty for a valid record."""
    return [
        name
        for name, field in FIELDS[resource].items()
        if not (keeps(field, row[name]) if name in row else field.optional)
    ]


def stored(field: Field, value: Any) -> Any:
    """A valid value as the shop stores it: money as Decimal, instants as aware UTC datetimes."""
    if field.kind == "money" and value is not None:
        return Decimal(value)
    if field.kind == "instant" and value is not None:
        return value.astimezone(UTC) if isinstance(value, datetime) else parse_instant(value)
    return value


def wire_form(value: Any) -> Any:
    """What `keeps` judges, for a value that a caller gives as Decimal or datetime."""
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def parse_instant(value: Any) -> datetime | None:
    """The UTC instant of an RFC 3339 text with any offset; None for anything else."""
    if not isinstance(value, str) or len(value) < len("2026-01-01T00:00:00Z") or value[10] not in "Tt ":
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def money(value: Any) -> Decimal:
    """An amount as exact Decimal.

    Raises:
        ValueError: not a finite number, or a float, which cannot be exact.
    """
    try:
        amount = Decimal(value) if not isinstance(value, float) else Decimal("NaN")
    except (InvalidOperation, TypeError):
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValueError(f"The amount is {value!r}, expected a Decimal or a text such as 12.50.")
    return amount
