"""Walks that lose nothing while the shop is edited: a window of the cursor becomes pages.

A page may come twice, a row may come in two versions; what may not happen is that a row which was in
the window when the walk began, and is still there when it ends, comes in no page. Why each walk keeps
that promise stands in its docstring; docs/guarantees.md has the long form.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.readings import again
from ecommerce_pipeline.shop.walks.by_cursor import cursor_walk
from ecommerce_pipeline.shop.walks.closed import closed_then_tail
from ecommerce_pipeline.shop.walks.overlap import overlapping_pages
from ecommerce_pipeline.shop.walks.passes import agreeing_passes, stable_references
from ecommerce_pipeline.shop.window import Window


def walk(
    endpoint: Endpoint, window: Window, ceiling: datetime, attempts: int, slice_rows: int = 50_000
) -> Iterator[Page]:
    """All pages of a window, by the walk that fits what the shop's profile declares.

    Args:
        endpoint: the list to read.
        window: the span of the cursor; without bounds where the shop cannot filter.
        ceiling: the shop's clock at the start of the run less the safety lag, UTC. What changed later
            may come or not; the next run asks for it again.
        attempts: how often a window is read in all when readings contradict each other.
        slice_rows: into parts of how many rows a closed window is cut; after each part all below it is complete.

    Raises:
        ContractBroken: the readings never agreed, or the shop ignores what it was asked.
        ShopRefused, ShopUnreachable: see `ShopClient.get`.
    """
    declared = endpoint.profile
    if declared.paging.stable and declared.cursor.until_param:
        yield from closed_then_tail(endpoint, window, ceiling, attempts, slice_rows, stable_references)
    elif declared.paging.stable:
        yield from again(endpoint, window, attempts, stable_references)
    elif declared.order == "cursor" and declared.cursor.since_param:
        yield from cursor_walk(endpoint, window, ceiling, attempts)
    elif declared.cursor.until_param:
        yield from closed_then_tail(endpoint, window, ceiling, attempts, slice_rows)
    elif endpoint.steps_by_offset and declared.order != "unknown":
        yield from again(endpoint, window, attempts, overlapping_pages)
    else:
        yield from agreeing_passes(endpoint, window, attempts)
