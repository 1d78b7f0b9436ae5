"""What a person asks of one run."""

from __future__ import annotations

from dataclasses import dataclass

from ecommerce_pipeline.shop.window import Window


@dataclass(frozen=True)
class Request:
    """A run that is wanted.

    Attributes:
        resources: names to read; empty for all.
        window: a bounded re-read that leaves the cursor alone; None for what changed since the last run.
        full_refresh: drop what is loaded and read everything again.
        reload: the `identity` of each row that is loaded though the warehouse knows its content.
    """

    resources: tuple[str, ...] = ()
    window: Window | None = None
    full_refresh: bool = False
    reload: frozenset[str] = frozenset()
