"""Rows that the shop still lists and says are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.paging import value_at

TOMBSTONE = "-deleted"
"""Ends the content hash of a tombstone: a row that is marked without it was found missing by a sweep."""

BareTombstones = dict[str, dict[Any, datetime]]
"""By resource, the keys of deleted rows whose tombstones say nothing else, and when each was deleted, UTC."""

TOLD = "bare_tombstones"
"""Where the source's state has them: it is committed with the cursors that are past them."""

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


def keep_told(tombstones: BareTombstones, state: dict[str, Any], changed: bool) -> None:
    """Put the tombstones of a step into the source's state, in place of those of the step before.

    Args:
        tombstones: what came.
        state: the source's, of the load package that is being extracted.
        changed: whether the package has anything else; for an old set alone nothing is sent.
    """
    told = {
        name: [[key, at.isoformat()] for key, at in keys.items()] for name, keys in tombstones.items() if keys
    }
    if told:
        state[TOLD] = told
    elif changed:
        state.pop(TOLD, None)


def told_in(state: Mapping[str, Any]) -> BareTombstones:
    """Those that the state of a source tells of."""
    return {
        name: {key: datetime.fromisoformat(at) for key, at in pairs}
        for name, pairs in state.get(TOLD, {}).items()
    }
