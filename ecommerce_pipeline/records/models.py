"""What a record is: our fields, their types, and which of them must be there.

Unknown fields pass, because a shop may add some at any time. Nothing is coerced that would change
its meaning: ids keep their type, money is exact, instants become UTC. How a shop writes its values
comes as validation context (`wire.Wire`); without one, instants are RFC 3339 and money has major units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationInfo

from ecommerce_pipeline.records import wire
from ecommerce_pipeline.records.rules import refused

Kind = Literal["id", "text", "decimal", "timestamp", "object", "list"]
Rule = Literal["", "filled", "currency", "email", "coordinate", "quantity"]


@dataclass(frozen=True)
class Column:
    """Marks a field type with the kind of column it becomes, and what more than its type is asked of a value."""

    kind: Kind
    rule: Rule = ""


_CURRENCY = re.compile(r"[A-Z]{3}").fullmatch


def _id(value: Any, info: ValidationInfo) -> int | str:
    reader: wire.Wire = info.context or wire.RFC3339
    declared = reader.id_type
    kind = type(value)
    if value is None:
        raise refused("null")
    if (kind is not int or declared == "text") and (kind is not str or declared == "integer"):
        raise refused("wrong_id_type")
    if kind is str and not value.strip():
        raise refused("empty_text")
    return value  # type: ignore[no-any-return]


def _instant(value: Any, info: ValidationInfo) -> datetime:
    if value is None:
        raise refused("null")
    if type(value) is datetime:
        return wire.as_utc(value)
    reader: wire.Wire = info.context or wire.RFC3339
    return reader.instant(value)


def _money(value: Any, info: ValidationInfo) -> Decimal:
    if value is None:
        raise refused("null")
    reader: wire.Wire = info.context or wire.RFC3339
    return wire.money(value, reader.money_scale)


def _quantity(value: Any) -> Decimal:
    if value is None:
        raise refused("null")
    if type(value) is not int and type(value) is not Decimal:
        raise refused("not_a_quantity")
    number = wire.exact(Decimal(value))
    if number < 0:
        raise refused("negative")
    return number


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    raise refused("null" if value is None else "not_text")


def _filled_text(value: Any) -> str:
    text = _text(value)
    if not text.strip():
        raise refused("empty_text")
    return text


def _currency(value: Any) -> str:
    text = _text(value)
    if _CURRENCY(text) is None:
        raise refused("not_a_currency")
    return text


def _email(value: Any) -> str:
    text = _text(value)
    if not wire.is_email(text):
        raise refused("not_an_email")
    return text


def _coordinate(value: Any) -> str:
    """Shops send text or numbers; as text no digit is lost, however many there are."""
    if type(value) is Decimal or type(value) is int:
        return str(value)
    return _text(value)


def _list(value: Any) -> Any:
    if value is None:
        return []
    if type(value) is not list:
        raise refused("not_a_list")
    return value


Id = Annotated[int | str, PlainValidator(_id), Column("id")]
Instant = Annotated[datetime, PlainValidator(_instant), Column("timestamp")]
Money = Annotated[Decimal, PlainValidator(_money), Column("decimal")]
Quantity = Annotated[Decimal, PlainValidator(_quantity), Column("decimal", "quantity")]
Text = Annotated[str, PlainValidator(_text), Column("text")]
FilledText = Annotated[str, PlainValidator(_filled_text), Column("text", "filled")]
Currency = Annotated[str, PlainValidator(_currency), Column("text", "currency")]
Email = Annotated[str, PlainValidator(_email), Column("text", "email")]
Coordinate = Annotated[str, PlainValidator(_coordinate), Column("text", "coordinate")]


class Part(BaseModel):
    """An object inside a record."""

    model_config = ConfigDict(extra="allow")


class Geo(Part):
    """A place on the map, in degrees, as text."""

    lat: Coordinate | None = None
    lng: Coordinate | None = None


class ShippingAddress(Part):
    """Where an order goes."""

    street: Text | None = None
    city: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None


class Address(ShippingAddress):
    """Where a customer lives."""

    geo: Annotated[Geo, Column("object")] | None = None


class ListedAddress(ShippingAddress):
    """One of a customer's addresses."""

    kind: Text | None = None


Addresses = Annotated[list[ListedAddress], BeforeValidator(_list), Column("list")]
Tags = Annotated[list[Text], BeforeValidator(_list), Column("list")]


class Record(Part):
    """What all records have. `updated_at` is the cursor."""

    id: Id
    created_at: Instant | None = None
    updated_at: Instant


class Customer(Record):
    """Somebody who has an account at the shop."""

    email: Email
    first_name: Text | None = None
    last_name: Text | None = None
    phone: Text | None = None
    status: FilledText | None = None
    address: Annotated[Address, Column("object")] | None = None
    addresses: Addresses = Field(default_factory=list)


class Product(Record):
    """Something that can be bought."""

    sku: Text | None = None
    name: Text | None = None
    category: Text | None = None
    price: Money
    currency: Currency
    status: FilledText | None = None


class Order(Record):
    """A purchase. `customer_id` is null for a guest, but never left out."""

    customer_id: Id | None
    status: FilledText
    currency: Currency
    placed_at: Instant | None = None
    subtotal_amount: Money | None = None
    discount_amount: Money | None = None
    tax_amount: Money | None = None
    shipping_amount: Money | None = None
    refunded_amount: Money | None = None
    total_amount: Money
    shipping_address: Annotated[ShippingAddress, Column("object")] | None = None
    tags: Tags = Field(default_factory=list)


class OrderItem(Record):
    """One line of an order. `product_id` is null where the product is gone, but never left out."""

    order_id: Id
    product_id: Id | None
    quantity: Quantity
    unit_price: Money
    discount_amount: Money | None = None
    line_amount: Money | None = None


class Payment(Record):
    """Money that moved for an order."""

    order_id: Id
    method: Text | None = None
    status: FilledText
    amount: Money
    currency: Currency
    paid_at: Instant | None = None


class Delivery(Record):
    """A parcel of an order."""

    order_id: Id
    carrier: Text | None = None
    tracking_number: Text | None = None
    status: FilledText
    shipped_at: Instant | None = None
    delivered_at: Instant | None = None
    promised_at: Instant | None = None
