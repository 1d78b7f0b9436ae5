"""Do the models hold what the loaded tables hold?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext

from ecommerce_pipeline.checks.results import Finding
from ecommerce_pipeline.checks.sanity.questions import Questions

FACTS = {
    "fct_orders": ("orders", "total_amount"),
    "fct_order_items": ("order_items", None),
    "fct_payments": ("payments", "amount"),
    "fct_deliveries": ("deliveries", None),
}
"""Model -> the loaded table that it has the live rows of, and the amount that is summed."""

DIGITS = 76
"""More than any sum has; without saying so Python would round to 28."""

LINES_IN_ORDERS = "orders__order_items"


def models_agree(ask: Questions, present: list[str]) -> Iterator[Finding]:
    """As many rows and the same sums in the facts as in the loaded tables, rows that the shop has deleted left out."""
    for model, (table, amount) in FACTS.items():
        if table not in present:
            continue
        sources = [table]
        if table == "order_items" and ask.has(ask.raw(LINES_IN_ORDERS)):
            sources.append(LINES_IN_ORDERS)
        parts = [_total(ask, ask.raw(source), amount, "WHERE _deleted_at IS NULL") for source in sources]
        with localcontext(prec=DIGITS):
            expected = (sum(rows for rows, _ in parts), sum((money for _, money in parts), Decimal(0)))
        found = _total(ask, ask.model(model), amount)
        yield Finding(
            "models agree with rows", model, found == expected, _told(found, amount), _told(expected, amount)
        )


def revenue_agrees(ask: Questions) -> Iterator[Finding]:
    """The revenue of all days is that of all orders, for each currency to the last digit."""
    daily = _by_currency(ask, "revenue_amount", ask.model("daily_revenue"))
    orders = _by_currency(ask, "total_amount", f"{ask.model('fct_orders')} WHERE NOT is_cancelled")
    for currency in sorted(daily.keys() | orders.keys()):
        found, expected = daily.get(currency), orders.get(currency)
        yield Finding(
            "revenue agrees with orders", currency, found == expected, _money(found), _money(expected)
        )


def _by_currency(ask: Questions, amount: str, rows: str) -> dict[str, Decimal]:
    found = ask.rows(f"SELECT currency, {_summed(amount)} FROM {rows} GROUP BY currency")  # noqa: S608  # our names
    return {str(currency): total for currency, total in found}


def _total(ask: Questions, table: str, amount: str | None, condition: str = "") -> tuple[int, Decimal]:
    money = _summed(amount) if amount else "0"
    ((rows, total),) = ask.rows(f"SELECT count(*), {money} FROM {table} {condition}")  # noqa: S608  # our names
    return int(rows), Decimal(total or 0)


def _summed(amount: str) -> str:
    """A sum with the digits of its parts: by itself it is wider, and how wide differs from warehouse to warehouse."""
    return f"CAST(sum({amount}) AS NUMERIC(38, 9))"


def _told(found: tuple[int, Decimal], amount: str | None) -> str:
    rows = f"{found[0]:,} rows"
    return f"{rows}, {_money(found[1])}" if amount else rows


def _money(amount: Decimal | None) -> str:
    if amount is None:
        return "none"
    with localcontext(prec=DIGITS):
        return f"{Decimal(amount).normalize():,f}"
