"""A small shop on a free port, for each test its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from tests.demo.client import SMALL, Client

Open = Callable[..., Client]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens a shop with some options and gives a client of it."""
    with ExitStack() as stack:

        def open_one(**options: Any) -> Client:
            shop = DemoShop(ShopOptions(**{"sizes": SMALL, **options}))
            client = Client(shop, stack.enter_context(shop.serve()))
            stack.callback(client.session.close)
            return client

        yield open_one
