"""A shop that serves given texts as its lists, byte for byte: what no decent shop would send."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import simplejson

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from tests.support.answering import answering
from tests.support.doors import Door
from tests.support.warehouse import Warehouse

STAMP = "2026-01-02T03:04:05Z"
ORDER: dict[str, Any] = {
    "id": 1,
    "customer_id": None,
    "status": "paid",
    "currency": "EUR",
    "total_amount": "9.98",
    "updated_at": STAMP,
}
"""An order with nothing but what is required."""


class VerbatimShop:
    """Serves `/api/<list>` from `lists`, which may be changed at any time; other lists are empty."""

    def __init__(self) -> None:
        self.lists: dict[str, bytes] = {}

    def put(self, name: str, rows: list[Any]) -> None:
        """The rows of a list; a Decimal is written as a number, lone surrogates as escapes."""
        self.lists[name] = simplejson.dumps(rows, use_decimal=True, allow_nan=True).encode()

    def serve(self) -> AbstractContextManager[str]:
        """The address while it is served."""
        return answering(lambda path: self.lists.get(urlsplit(path).path.rpartition("/")[2], b"[]"))


class VerbatimWarehouse(Warehouse):
    """A warehouse that reads lists that come whole on one page, in no order, with no filter."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, door: Door | None = None) -> None:
        nothing = DemoShop(ShopOptions(sizes={"customers": 0, "products": 0, "orders": 0}))
        super().__init__(folder, nothing, monkeypatch, door)

    def profile(self, **changes: Any) -> Path:
        """The profile of such a shop, with other values at its top or in its tables."""
        whole = {"type": "single_page", "page_param": None, "base_page": None, "total_path": None}
        unfiltered = {"since_param": None, "until_param": None}
        lists: dict[str, Any] = {"rows": "$", "order": "unknown", "page_size_param": ""}
        return super().profile(**{**lists, "paging": whole, "cursor": unfiltered, **changes})
