"""Rows of the shop as text, as an API would render them."""

from __future__ import annotations

from typing import NamedTuple

FIRST_NAMES = (
    "Ada",
    "Bruno",
    "Chloe",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kofi",
    "Lena",
)
LAST_NAMES = (
    "Almeida",
    "Berg",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Hoffmann",
    "Ito",
    "Jansen",
)
CITIES = (
    ("Lisboa", "PT"),
    ("Berlin", "DE"),
    ("Lyon", "FR"),
    ("Malaga", "ES"),
    ("Utrecht", "NL"),
    ("Turin", "IT"),
)
STREETS = (
    "Market Street",
    "Mill Lane",
    "Station Road",
    "Garden Row",
    "Harbour Way",
    "High Street",
    "Park Avenue",
)
KINDS = ("billing", "shipping", "office", "home")
ORDER_STATUSES = ("pending", "paid", "shipped", "delivered", "cancelled")
TAGS = ("gift", "express", "first-order", "wholesale", "newsletter", "sale", "preorder")
CURRENCIES = ("EUR", "USD", "GBP")


class Row(NamedTuple):
    """A row's JSON, how many elements its list has, and the amount that is added up, in cents."""

    text: str
    elements: int = 0
    cents: int = 0


def customer(number: int, bits: int, created: str, updated: str) -> Row:
    """A customer with a nested address (and a place in it) and none to three listed addresses."""
    first, last = FIRST_NAMES[bits % 12], LAST_NAMES[(bits >> 4) % 10]
    elements = (bits >> 8) % 4
    listed = ",".join(f'{{"kind":"{KINDS[n]}",{_place(bits >> (10 + 5 * n))}}}' for n in range(elements))
    lat, lng = (bits >> 30) % 180_000_000 - 90_000_000, (bits >> 20) % 360_000_000 - 180_000_000
    return Row(
        f'{{"id":{number},"email":"{first.lower()}.{last.lower()}.{number}@example.com","first_name":"{first}",'
        f'"last_name":"{last}","phone":"+49 30 {bits % 10_000_000:07}","status":"active",'
        f'"address":{{{_place(bits >> 12)},"geo":{{"lat":"{lat / 1e6:.6f}","lng":"{lng / 1e6:.6f}"}}}},'
        f'"addresses":[{listed}],"created_at":"{created}","updated_at":"{updated}"}}',
        elements,
    )


def order(number: int, customers: int, bits: int, created: str, updated: str) -> Row:
    """An order with a nested shipping address, none to three tags, and money as text."""
    elements = (bits >> 8) % 4
    start = (bits >> 10) % 7
    tags = ",".join(f'"{TAGS[(start + n) % 7]}"' for n in range(elements))
    subtotal, discount, shipping = 500 + (bits >> 16) % 40_000, (bits >> 32) % 500, (bits >> 42) % 900
    tax = subtotal // 5
    total = subtotal - discount + tax + shipping
    return Row(
        f'{{"id":{number},"customer_id":{bits % customers + 1},"status":"{ORDER_STATUSES[(bits >> 3) % 5]}",'
        f'"currency":"{CURRENCIES[(bits >> 6) % 3]}","placed_at":"{created}","subtotal_amount":"{_money(subtotal)}",'
        f'"discount_amount":"{_money(discount)}","tax_amount":"{_money(tax)}",'
        f'"shipping_amount":"{_money(shipping)}","refunded_amount":"0.00","total_amount":"{_money(total)}",'
        f'"shipping_address":{{{_place(bits >> 14)}}},"tags":[{tags}],'
        f'"created_at":"{created}","updated_at":"{updated}"}}',
        elements,
        total,
    )


def order_item(number: int, order_id: int, bits: int, created: str, updated: str) -> Row:
    """A line of an order."""
    quantity, price, discount = 1 + bits % 5, 199 + (bits >> 4) % 20_000, (bits >> 20) % 150
    amount = quantity * price - discount
    return Row(
        f'{{"id":{number},"order_id":{order_id},"product_id":{1 + (bits >> 30) % 5000},"quantity":{quantity},'
        f'"unit_price":"{_money(price)}","discount_amount":"{_money(discount)}","line_amount":"{_money(amount)}",'
        f'"created_at":"{created}","updated_at":"{updated}"}}',
        cents=amount,
    )


def _place(bits: int) -> str:
    city, country = CITIES[bits % 6]
    street = f"{STREETS[(bits >> 3) % 7]} {1 + (bits >> 6) % 200}"
    return f'"street":"{street}","city":"{city}","postal_code":"{(bits >> 5) % 100_000:05}","country":"{country}"'


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
