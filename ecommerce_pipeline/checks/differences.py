"""What differs between the shop and one table of the warehouse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ecommerce_pipeline.shop.window import Window

KINDS = ("missing", "stale", "extra", "doubled")


@dataclass
class Differences:
    """The findings of one table; memory grows with what differs alone.

    Attributes:
        table: of the warehouse.
        compared: how many rows, or elements of lists, the shop has where it was compared.
        missing: keys of rows that the shop has and the table has not; of a list, the keys of rows that lack elements.
        stale: of rows that the table has in another version.
        extra: of live rows that the shop has not.
        doubled: of rows that the table has more than once.
    """

    table: str
    compared: int = 0
    missing: list[Any] = field(default_factory=list)
    stale: list[Any] = field(default_factory=list)
    extra: list[Any] = field(default_factory=list)
    doubled: list[Any] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        return {kind: len(getattr(self, kind)) for kind in KINDS}

    @property
    def any(self) -> bool:
        """Whether the table differs."""
        return any(self.counts.values())


@dataclass
class Reload:
    """What has to be read again of one resource.

    Attributes:
        windows: of the cursor, oldest first; neighbours are one.
        keys: the `identity` of each row that is loaded though its content is known.
    """

    windows: list[Window] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    def add(self, window: Window, keys: set[str]) -> None:
        """One more window and what differs in it, if anything does."""
        if not keys:
            return
        self.keys |= keys
        if self.windows and self.windows[-1].until == window.since and window.since is not None:
            window = Window(self.windows.pop().since, window.until)
        self.windows.append(window)
