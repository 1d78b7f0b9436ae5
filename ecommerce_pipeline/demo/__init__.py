"""A shop to try the pipeline on: seeded data, a life of its own, faults on demand, real HTTP."""

from __future__ import annotations

from ecommerce_pipeline.demo.faults import Faults
from ecommerce_pipeline.demo.opening import open_demo_shop
from ecommerce_pipeline.demo.options import RESOURCES, ShopOptions, Sizes
from ecommerce_pipeline.demo.routes import ServedRequest
from ecommerce_pipeline.demo.shop import DemoShop
from ecommerce_pipeline.demo.store import ABSENT

__all__ = [
    "ABSENT",
    "RESOURCES",
    "DemoShop",
    "Faults",
    "ServedRequest",
    "ShopOptions",
    "Sizes",
    "open_demo_shop",
]
