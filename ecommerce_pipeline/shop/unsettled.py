"""A reading of a list that cannot be trusted."""

from __future__ import annotations

TOTALS = "If the shop's totals cannot be trusted, leave the total out of the profile's paging."


class Unsettled(Exception):
    """A reading of the window cannot be trusted; it is read again.

    Args:
        reason: what contradicts what.
        cure: what to do when it stays so.
    """

    def __init__(self, reason: str, cure: str = TOTALS) -> None:
        super().__init__(reason)
        self.cure = cure
