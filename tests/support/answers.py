"""What the models have to answer, computed from the shop's own records without any of the pipeline's code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Truth = Mapping[str, list[Row]]

NOTHING = Decimal(0)
CAPTURED = ("paid", "refunded")
SERVICE_LEVEL = timedelta(days=7)


def day(text: str) -> date:
    """The day of an instant in UTC."""
    return _instant(text).date()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _kept(truth: Truth) -> list[Row]:
    return [order for order in truth["orders"] if order["status"] != "cancelled"]


def _grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _sum(rows: Iterable[Row], field: str) -> Decimal:
    return sum((Decimal(row[field]) for row in rows), NOTHING)


def daily_revenue(truth: Truth) -> dict[tuple[date, str], tuple[int, Decimal, Decimal]]:
    """(day, currency) -> orders, revenue, refunds."""
    groups = _grouped(_kept(truth), lambda order: (day(order["placed_at"]), order["currency"]))
    return {
        key: (len(rows), _sum(rows, "total_amount"), _sum(rows, "refunded_amount"))
        for key, rows in groups.items()
    }


def lifetime_value(truth: Truth) -> dict[tuple[str, str], tuple[int, Decimal, date]]:
    """(customer, currency) -> orders, revenue, month of the first order."""
    bought = [order for order in _kept(truth) if order["customer_id"] is not None]
    groups = _grouped(bought, lambda order: (str(order["customer_id"]), order["currency"]))
    first = {
        customer: min(day(row["placed_at"]) for row in rows).replace(day=1)
        for customer, rows in _grouped(bought, lambda order: str(order["customer_id"])).items()
    }
    return {key: (len(rows), _sum(rows, "total_amount"), first[key[0]]) for key, rows in groups.items()}


def cohorts(truth: Truth) -> dict[tuple[date, str], tuple[int, int, Decimal]]:
    """(month, currency) -> customers, those who came back, revenue."""
    values = lifetime_value(truth)
    bought = _grouped(_kept(truth), lambda order: str(order["customer_id"]))
    found: dict[tuple[date, str], list[tuple[bool, Decimal]]] = defaultdict(list)
    for (customer, currency), (_, revenue, month) in values.items():
        found[month, currency].append((len(bought[customer]) > 1, revenue))
    return {
        key: (len(some), sum(again for again, _ in some), sum((money for _, money in some), NOTHING))
        for key, some in found.items()
    }


def product_performance(truth: Truth) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    """(product, currency) -> lines, pieces, revenue."""
    currency = {order["id"]: order["currency"] for order in _kept(truth)}
    lines = [line for line in truth["order_items"] if line["order_id"] in currency and line["product_id"]]
    groups = _grouped(lines, lambda line: (str(line["product_id"]), currency[line["order_id"]]))
    return {
        key: (len(rows), _sum(rows, "quantity"), _sum(rows, "line_amount")) for key, rows in groups.items()
    }


def unbalanced(truth: Truth) -> dict[str, Decimal]:
    """Order -> its total less what its parts come to, where that is not nothing."""
    lines = _grouped(truth["order_items"], lambda line: line["order_id"])
    found = {}
    for order in truth["orders"]:
        parts = _sum(lines.get(order["id"], ()), "line_amount") - Decimal(order["discount_amount"])
        parts += (
            Decimal(order["tax_amount"])
            + Decimal(order["shipping_amount"])
            - Decimal(order["refunded_amount"])
        )
        if difference := Decimal(order["total_amount"]) - parts:
            found[str(order["id"])] = difference
    return found


def payment_differences(truth: Truth) -> dict[str, Decimal]:
    """Order -> what was taken less what is owed, where that is not nothing; cancelled orders owe nothing."""
    payments = _grouped(truth["payments"], lambda payment: payment["order_id"])
    found = {}
    for order in truth["orders"]:
        found_here = payments.get(order["id"], ())
        taken = _sum([payment for payment in found_here if payment["status"] in CAPTURED], "amount")
        refunded = Decimal(order["refunded_amount"])
        if order["status"] == "cancelled":
            given_back = _sum(
                [payment for payment in found_here if payment["status"] == "refunded"], "amount"
            )
            difference = taken - max(refunded, given_back)
        else:
            difference = taken - refunded - Decimal(order["total_amount"])
        if difference > 0 or (difference < 0 and order["status"] != "cancelled"):
            found[str(order["id"])] = difference
    return found


def delayed(truth: Truth, at: datetime) -> dict[str, str]:
    """Order -> how it is late at an instant."""
    parcels = _grouped(truth["deliveries"], lambda parcel: parcel["order_id"])
    found = {}
    for order in truth["orders"]:
        if order["status"] in ("cancelled", "refunded"):
            continue
        due = _instant(order["placed_at"]) + SERVICE_LEVEL
        arrivals = [parcel["delivered_at"] for parcel in parcels.get(order["id"], ())]
        if arrivals and all(arrivals):
            if max(map(_instant, arrivals)) > due:
                found[str(order["id"])] = "delivered late"
        elif order["status"] != "delivered" and at > due:
            found[str(order["id"])] = "still open"
    return found
