"""Walks that lose nothing while the shop is edited: a window of the cursor becomes pages.

A page may come twice, a row may come in two versions; what may not happen is that a row which was in
the window when the walk began, and is still there when it ends, comes in no page. Why each walk keeps
that promise stands in its docstring; docs/guarantees.md has the long form.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from ecommerce_pipeline.shop.crew import Crew
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.readings import again
from ecommerce_pipeline.shop.walks.closed import closed_then_tail
from ecommerce_pipeline.shop.walks.overlap import overlapping_pages
from ecommerce_pipeline.shop.walks.passes import agreeing_passes, stable_references
from ecommerce_pipeline.shop.walks.side_by_side import cursor_walk_side_by_side
from ecommerce_pipeline.shop.window import Window

logger = logging.getLogger(__name__)


def walk(
    endpoint: Endpoint,
    window: Window,
    ceiling: datetime,
    attempts: int,
    slice_rows: int = 50_000,
    crew: Crew | None = None,
) -> Iterator[Page]:
    """All pages of a window, by the walk that fits what the shop's profile declares.

    Args:
        endpoint: the list to read.
        window: the span of the cursor; without bounds where the shop cannot filter.
        ceiling: the shop's clock at the start of the run less the safety lag, UTC. What changed later
            may come or not; the next run asks for it again.
        attempts: how often a window is read in all when readings contradict each other.
        slice_rows: into parts of how many rows a closed window is cut; after each part all below it is complete.
        crew: reads a long list at several places side by side; its pages come in the same order.

    Raises:
        ContractBroken: the readings never agreed, or the shop ignores what it was asked.
        ShopRefused, ShopUnreachable: see `ShopClient.get`.
    """
    declared = endpoint.profile
    crew = _fitting(endpoint, crew or Crew())
    if declared.paging.stable and declared.cursor.until_param:
        yield from closed_then_tail(endpoint, window, ceiling, attempts, slice_rows, crew, stable_references)
    elif declared.paging.stable:
        yield from again(endpoint, window, attempts, stable_references)
    elif declared.order == "cursor" and declared.cursor.since_param:
        yield from cursor_walk_side_by_side(endpoint, window, ceiling, attempts, crew)
    elif declared.cursor.until_param:
        yield from closed_then_tail(endpoint, window, ceiling, attempts, slice_rows, crew)
    elif endpoint.steps_by_offset and declared.order != "unknown":
        yield from again(endpoint, window, attempts, overlapping_pages)
    else:
        yield from agreeing_passes(endpoint, window, attempts)


def _fitting(endpoint: Endpoint, crew: Crew) -> Crew:
    """The crew, or one of a single thread where a list cannot be read side by side."""
    if crew.connections > 1 and (reason := one_after_the_other(endpoint)):
        logger.info("%s is read page after page: %s", endpoint.profile.path, reason)
        return Crew()
    return crew


def one_after_the_other(endpoint: Endpoint) -> str | None:
    """Why a list cannot be cut into slices that are read side by side; None where it can."""
    declared = endpoint.profile
    sorted_by_cursor = declared.order == "cursor" and not declared.paging.stable
    if not declared.cursor.since_param:
        return "the shop's profile names no filter by the cursor (`cursor.since_param`)"
    if not sorted_by_cursor and not declared.cursor.until_param:
        return "it is not sorted by the cursor, and no filter closes it (`cursor.until_param`)"
    if not endpoint.reports_totals:
        return "the shop reports no totals, which would tell where to cut it (`paging.total_path`)"
    return None
