"""What new records look like. All chance comes from the generator that is passed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from ecommerce_pipeline.demo.contract import Row

CURRENCY = "EUR"
NOTHING = Decimal("0.00")

_FIRST = ("Ada", "Bela", "Chloé", "Dario", "Emine", "Finn", "Grace", "Hana", "Ivo", "Jana", "Kofi", "Lena")
_LAST = ("Abel", "Berg", "Conti", "Diaz", "Ekström", "Fischer", "García", "Horvat", "Ito", "Jansen", "Kaya")
_STREETS = ("Main Street", "Lindenweg", "Rue Haute", "Via Roma", "Calle Mayor", "Storgatan")
_CITIES = (
    ("Berlin", "DE", "52.52", "13.405"),
    ("Lyon", "FR", "45.764", "4.8357"),
    ("Torino", "IT", "45.0703", "7.6869"),
    ("Utrecht", "NL", "52.0907", "5.1214"),
    ("Graz", "AT", "47.0707", "15.4395"),
)
_GOODS = (
    ("Kettle", "kitchen"),
    ("Lamp", "home"),
    ("Backpack", "travel"),
    ("Notebook", "office"),
    ("Headphones", "audio"),
    ("Blanket", "home"),
    ("Bicycle bell", "sport"),
)
_COLOURS = ("red", "blue", "green", "black", "white", "yellow")
_METHODS = ("card", "invoice", "paypal", "transfer")
_CARRIERS = ("DHL", "UPS", "GLS", "PostNL")
_TAGS = ("gift", "express", "newsletter", "first order", "b2b")

Item = TypeVar("Item")


def pick(rng: Random, choices: tuple[Item, ...]) -> Item:
    """One of the choices; much faster than `choice`, and events are many."""
    return choices[int(rng.random() * len(choices))]


def number(rng: Random, low: int, high: int) -> int:
    """A whole number, both ends included."""
    return low + int(rng.random() * (high - low + 1))


def cents(count: int) -> Decimal:
    """An amount of so many cents, with two decimals."""
    return Decimal(count).scaleb(-2)


def address(rng: Random) -> dict[str, Any]:
    """A street address without coordinates."""
    city, country, _, _ = pick(rng, _CITIES)
    return {
        "street": f"{pick(rng, _STREETS)} {number(rng, 1, 199)}",
        "city": city,
        "postal_code": f"{number(rng, 10000, 99999)}",
        "country": country,
    }


def _times(at: datetime) -> dict[str, datetime]:
    return {"created_at": at, "updated_at": at}


def customer(rng: Random, identity: int, at: datetime) -> Row:
    """Somebody with an address and up to three addresses more."""
    first, last = pick(rng, _FIRST), pick(rng, _LAST)
    _, _, lat, lng = pick(rng, _CITIES)
    return {
        "id": identity,
        "email": f"customer.{identity}@example.com",
        "first_name": first,
        "last_name": last,
        "phone": f"+49 30 {number(rng, 100000, 999999)}" if rng.random() < 0.7 else None,
        "status": "active" if rng.random() < 0.95 else "disabled",
        "address": {**address(rng), "geo": {"lat": lat, "lng": lng}},
        "addresses": [{"kind": kind, **address(rng)} for kind in _some(rng, ("home", "work", "parcel shop"))],
        **_times(at),
    }


def _some(rng: Random, choices: tuple[str, ...]) -> list[str]:
    return [choice for choice in choices if rng.random() < 0.4]


def product(rng: Random, identity: int, at: datetime) -> Row:
    """Something to sell, priced between 1 and 200."""
    name, category = pick(rng, _GOODS)
    return {
        "id": identity,
        "sku": f"SKU-{identity:06d}",
        "name": f"{name}, {pick(rng, _COLOURS)}",
        "category": category,
        "price": cents(number(rng, 100, 20000)),
        "currency": CURRENCY,
        "status": "active" if rng.random() < 0.9 else "discontinued",
        **_times(at),
    }


def order(rng: Random, identity: int, customer_id: int, at: datetime) -> Row:
    """An order without lines yet; its totals are kept by the ledger."""
    return {
        "id": identity,
        "customer_id": customer_id,
        "status": "pending",
        "currency": CURRENCY,
        "placed_at": at,
        "subtotal_amount": NOTHING,
        "discount_amount": NOTHING,
        "tax_amount": NOTHING,
        "shipping_amount": cents(pick(rng, (0, 0, 490, 990))),
        "refunded_amount": NOTHING,
        "total_amount": NOTHING,
        "shipping_address": address(rng),
        "tags": _some(rng, _TAGS) if rng.random() < 0.5 else [],
        **_times(at),
    }


def order_item(rng: Random, identity: int, order_id: int, product_row: Row, at: datetime) -> Row:
    """One to five pieces of a product; one line in ten has a tenth off."""
    quantity = number(rng, 1, 5) if rng.random() < 0.5 else 1
    price = product_row["price"]
    off = (price * quantity / 10).quantize(NOTHING) if rng.random() < 0.1 else NOTHING
    return {
        "id": identity,
        "order_id": order_id,
        "product_id": product_row["id"],
        "quantity": quantity,
        "unit_price": price,
        "discount_amount": off,
        "line_amount": price * quantity - off,
        **_times(at),
    }


def payment(rng: Random, identity: int, order_row: Row, at: datetime) -> Row:
    """The payment of a whole order; one in twenty fails."""
    paid = rng.random() < 0.95
    return {
        "id": identity,
        "order_id": order_row["id"],
        "method": pick(rng, _METHODS),
        "status": "paid" if paid else "failed",
        "amount": order_row["total_amount"],
        "currency": order_row["currency"],
        "paid_at": at if paid else None,
        **_times(at),
    }


def delivery(rng: Random, identity: int, order_row: Row, at: datetime) -> Row:
    """A parcel that has not left yet."""
    return {
        "id": identity,
        "order_id": order_row["id"],
        "carrier": pick(rng, _CARRIERS),
        "tracking_number": None,
        "status": "pending",
        "shipped_at": None,
        "delivered_at": None,
        "promised_at": at + timedelta(days=number(rng, 2, 6)),
        **_times(at),
    }
