"""What was asked of the emulation, and when it goes away."""

from __future__ import annotations

import re


class Journal:
    """What was asked, and when the warehouse goes away.

    Attributes:
        statements: texts, in their order.
        uploaded: how many bytes were put into stages.
        away_at: the number of the statement, counted from the last reset, at which it goes away; None for never.
        pattern: only statements that match are counted for that.
        away_with: the statement at which it went.
        refused: what is said to statements that match a pattern, as [pattern, code, message].
        logins: who came, and how they showed who they are.
        uploads_refused: whether stages can be written.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all, and stay."""
        self.statements: list[str] = []
        self.uploaded = 0
        self.away_at: int | None = None
        self.pattern = ""
        self.away_with = ""
        self.refused: list[list[str]] = []
        self.logins: list[dict[str, str]] = []
        self.uploads_refused = False
        self._met = 0

    def is_away(self, statement: str) -> bool:
        """Note a statement; whether the warehouse is away by now."""
        self.statements.append(statement)
        if self.away_at is None or self.away_with:
            return bool(self.away_with)
        self._met += re.search(self.pattern, statement, re.IGNORECASE) is not None
        if self._met == self.away_at:
            self.away_with = statement
        return bool(self.away_with)

    def refusal(self, statement: str) -> tuple[str, str] | None:
        """Code and message for a statement that is refused."""
        for pattern, code, message in self.refused:
            if re.search(pattern, statement, re.IGNORECASE):
                return code, message
        return None
