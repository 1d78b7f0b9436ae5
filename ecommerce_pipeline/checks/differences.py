"""What differs between the shop and one table of the warehouse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ecommerce_pipeline.shop.window import Window

Kind = Literal["missing", "stale", "extra", "doubled"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass
class Differences:
    """The findings of one table; memory grows with what differs alone.

    Attributes:
        table: of the warehouse.
        compared: how many rows of the shop, or elements of lists, were compared.
        counted: how many were only counted, on both sides.
        missing: keys of rows that the shop has and the table has not; of a list, the keys of rows that lack elements.
        stale: of rows that the table has in another version.
        extra: of live rows that the shop has not.
        doubled: of rows that the table has more than once.
    """

    table: str
    compared: int = 0
    counted: int = 0
    missing: list[Any] = field(default_factory=list)
    stale: list[Any] = field(default_factory=list)
    extra: list[Any] = field(default_factory=list)
    doubled: list[Any] = field(default_factory=list)

    def add(self, kind: Kind, key: Any) -> None:
        """One more that differs."""
        getattr(self, kind).append(key)

    @property
    def counts(self) -> dict[Kind, int]:
        """How many there are of each kind."""
        return {kind: len(getattr(self, kind)) for kind in KINDS}

    @property
    def any(self) -> bool:
        """Whether the table differs."""
        return any(self.counts.values())

    @property
    def lacks_nothing(self) -> bool:
        """Whether all that differs are rows that the shop has not."""
        return not (self.missing or self.stale or self.doubled)


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
