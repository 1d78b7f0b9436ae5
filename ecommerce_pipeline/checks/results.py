"""What the sanity checks have found, as it is kept in the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecommerce_pipeline.load.notes import NoteTable

CHECKS = NoteTable(
    "check_results",
    {
        "check_id": "text",
        "name": "text",
        "subject": "text",
        "state": "text",
        "found": "text",
        "expected": "text",
        "checked_at": "timestamp",
    },
)
"""One row per check and subject; rows of one `check_id` were made together."""


@dataclass(frozen=True)
class Finding:
    """One check of one subject.

    Attributes:
        name: of the check.
        subject: the resource or table.
        passed: whether it is as expected.
        found: what was found, as people read it.
        expected: what should have been found.
    """

    name: str
    subject: str
    passed: bool
    found: str
    expected: str

    def row(self, check_id: str, checked_at: datetime) -> dict[str, Any]:
        """A row of `check_results`."""
        return {
            "check_id": check_id,
            "name": self.name,
            "subject": self.subject,
            "state": "passed" if self.passed else "failed",
            "found": self.found,
            "expected": self.expected,
            "checked_at": checked_at,
        }
