"""What a record is: models, columns, names, validation. Pure: no input, no output, no clock."""

from __future__ import annotations

from ecommerce_pipeline.records.models import Customer, Delivery, Order, OrderItem, Payment, Product, Record

MODELS: dict[str, type[Record]] = {
    "customers": Customer,
    "products": Product,
    "orders": Order,
    "order_items": OrderItem,
    "payments": Payment,
    "deliveries": Delivery,
}
"""Resource -> model, in the order in which resources are loaded."""
