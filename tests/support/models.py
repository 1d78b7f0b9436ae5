"""Models of a test's warehouse, and what they have to answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.transform.build import Built, build
from tests.support import answers
from tests.support.truth import RESOURCES
from tests.support.warehouse import Warehouse

SIZES = {"customers": 40, "products": 20, "orders": 130}
OPTIONS: dict[str, Any] = {"sizes": SIZES, "page_size": 40, "tombstones": True}


def built_by(warehouse: Warehouse, address: str, everything: bool = False, **settings: Any) -> Built:
    """Build, which has to go well."""
    built = build(
        warehouse.settings(address, warehouse.profile(tombstone="deleted_at"), **settings), everything
    )
    assert built.failed == []
    return built


def loaded_by(warehouse: Warehouse, address: str, **settings: Any) -> None:
    """Load from a shop that lists what it has deleted."""
    warehouse.run(address, profile=warehouse.profile(tombstone="deleted_at"), **settings)


def _truth(shop: DemoShop) -> dict[str, list[Any]]:
    return {name: shop.truth(name) for name in RESOURCES}


def _by_key(rows: list[tuple[Any, ...]], keys: int) -> dict[Any, Any]:
    return {
        (row[:keys] if keys > 1 else row[0]): (row[keys:] if len(row) > keys + 1 else row[keys])
        for row in rows
    }


QUESTIONS: dict[str, tuple[int, Callable[[Any], dict[Any, Any]], str]] = {
    "daily revenue": (
        2,
        answers.daily_revenue,
        "SELECT order_date, currency, order_count, revenue_amount, refunded_amount FROM analytics.daily_revenue",
    ),
    "lifetime value": (
        2,
        answers.lifetime_value,
        "SELECT customer_id, currency, order_count, revenue_amount, cohort_month"
        " FROM analytics.customer_lifetime_value",
    ),
    "cohorts": (
        2,
        answers.cohorts,
        "SELECT cohort_month, currency, customer_count, repeat_customer_count, revenue_amount"
        " FROM analytics.customer_cohorts",
    ),
    "products": (
        2,
        answers.product_performance,
        "SELECT product_id, currency, line_count, unit_count, revenue_amount FROM analytics.product_performance",
    ),
    "ledger": (1, answers.unbalanced, "SELECT order_id, difference_amount FROM analytics.ledger_differences"),
    "payments": (
        1,
        answers.payment_differences,
        "SELECT order_id, difference_amount FROM analytics.payment_mismatches",
    ),
    "delays": (
        1,
        lambda truth: answers.delayed(truth, datetime.now(UTC)),
        "SELECT order_id, delay_kind FROM analytics_alerts.delayed_orders",
    ),
}


def assert_answers(shop: DemoShop, warehouse: Warehouse) -> int:
    """Every answer is the shop's; gives how many there are."""
    truth, compared = _truth(shop), 0
    for name, (keys, answer, query) in QUESTIONS.items():
        expected = answer(truth)
        assert _by_key(warehouse.query(query), keys) == expected, name
        compared += len(expected)
    return compared
