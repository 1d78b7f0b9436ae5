"""Styles of paging with the orders of a list: few of them in each run of the tests, all of them in the long one."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product
from typing import Any

import pytest

STYLES = ("page_number", "offset", "cursor", "header_link", "json_link")


def each_order(*orders: str, always: Collection[tuple[str, str]]) -> list[Any]:
    """Each style with each order, as parameters `paging` and `sort`.

    Args:
        orders: what a list is sorted by; a minus before it turns it round.
        always: those that are no long test.
    """
    return [
        pytest.param(*style, marks=() if style in always else pytest.mark.long)
        for style in product(STYLES, orders)
    ]
