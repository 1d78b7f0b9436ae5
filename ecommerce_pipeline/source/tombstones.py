"""Rows that the shop still lists and says are deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.paging import value_at

TOMBSTONE = "-deleted"
"""Ends the content hash of a tombstone: a row that is marked without it was found missing by a sweep."""

STANDING = (None, False, 0, "", "0", "false")
"""What the field of a tombstone holds in a row that stands; a list or an object that is empty does as well."""


def deleted_at(endpoint: Endpoint, raw: Any, now: datetime) -> datetime | None:
    """When a row was deleted, UTC; None where it stands.

    Args:
        endpoint: its profile names the field, which holds an instant (Medusa: `deleted_at`) or a flag (BigCommerce:
            `is_deleted`). A flag has the instant at which the row last changed.
        raw: the row as the shop sent it.
        now: the present instant, UTC; for a row that tells no time at all.
    """
    field = endpoint.profile.tombstone
    told = value_at(raw, field) if field else None
    if not told or told in STANDING:
        return None
    return endpoint.instant(told) or endpoint.cursor(raw) or now
