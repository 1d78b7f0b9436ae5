"""Rows of the warehouse that no page of the shop has shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecommerce_pipeline.load.stored import Version
from ecommerce_pipeline.shop.window import Window


class Unseen:
    """Live rows of the warehouse that the shop has not shown so far.

    A row that is edited while the list is read leaves its part and comes in a later one; one whose time the shop has
    set back came in an earlier one. Memory grows with such rows and with those that are gone.
    """

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}
        self._elsewhere: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._keys)

    @property
    def keys(self) -> list[Any]:
        """Their keys."""
        return list(self._keys.values())

    def saw(self, names: Iterable[str]) -> None:
        """Take note of rows that stand in the shop."""
        for name in names:
            self._keys.pop(name, None)

    def stored_elsewhere(self, part: Window, versions: Mapping[str, list[Version]]) -> None:
        """Remember rows that came in one part of the cursor and stand in the warehouse in another."""
        self._elsewhere |= {
            name for name, rows in versions.items() if any(not part.has(row.cursor) for row in rows)
        }

    def close(self, live: Mapping[str, Any], came: set[str]) -> None:
        """End a part.

        Args:
            live: what the warehouse had in it before it was read.
            came: what the shop has shown of it.
        """
        seen = came | self._elsewhere
        self._keys |= {name: key for name, key in live.items() if name not in seen}
