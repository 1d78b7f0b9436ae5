"""A demo shop and a warehouse for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from tests.support.verbatim import VerbatimShop, VerbatimWarehouse
from tests.support.warehouse import Warehouse

SMALL = {"customers": 60, "products": 40, "orders": 150}

OpenShop = Callable[..., tuple[DemoShop, Warehouse]]


@pytest.fixture
def open_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenShop:
    """Opens a small shop with some options and the warehouse that reads it."""

    def opened(**options: Any) -> tuple[DemoShop, Warehouse]:
        shop = DemoShop(ShopOptions(**{"sizes": SMALL, "page_size": 20, **options}))
        return shop, Warehouse(tmp_path, shop, monkeypatch)

    return opened


@pytest.fixture
def verbatim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[VerbatimShop, VerbatimWarehouse]:
    """A shop that serves what it is told, and the warehouse that reads it."""
    return VerbatimShop(), VerbatimWarehouse(tmp_path, monkeypatch)
