"""Records that break the contract: kept whole, with every reason, in `rejected_records`."""

from __future__ import annotations

import itertools
import json
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import simplejson

from ecommerce_pipeline.records.validation import Rejected

TABLE = "rejected_records"

COLUMNS: dict[str, dict[str, Any]] = {
    name: {"name": name, "data_type": kind, "nullable": name not in ("rejected_id", "resource")}
    for name, kind in {
        "rejected_id": "text",
        "resource": "text",
        "record_key": "text",
        "rules": "text",
        "reasons": "text",
        "raw": "text",
        "parent_raw": "text",
        "_source": "text",
        "_run_id": "text",
        "_version": "text",
        "_loaded_at": "timestamp",
    }.items()
}
COLUMNS["_loaded_at"] |= {"timezone": True, "precision": 6}


def columns(dedupes: bool, partitioned: bool) -> dict[str, dict[str, Any]]:
    """Hints for the columns.

    Args:
        dedupes: whether dlt is to keep the newest of several versions of a record.
        partitioned: whether the table has a part for each resource.
    """
    hints = {name: dict(hint) for name, hint in COLUMNS.items()}
    if dedupes:
        hints["_version"]["dedup_sort"] = "desc"
    if partitioned:
        hints["resource"]["partition"] = True
    return hints


def rejected_id(resource: str, content_hash: str) -> str:
    """The id of a refused record: the same body of the same resource has the same one in every run."""
    return blake2b(f"{resource}\0{content_hash}".encode(), digest_size=12).hexdigest()


class Origin(NamedTuple):
    """Where a record comes from.

    Attributes:
        source: shop and address of the page, free of secrets.
        parent: the row that has the record in a list; None for a row of its own.
    """

    source: str
    parent: Any = None


class Quarantine:
    """Takes refused records from all resources of a run and hands them to the one table."""

    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._numbers = itertools.count()
        self._taken = 0

    def add(
        self, resource: str, refused: Rejected, content_hash: str, origin: Origin, run_id: str, at: datetime
    ) -> None:
        """Keep a record."""
        reasons = [{"field": item.field, "rule": item.rule, "value": item.value} for item in refused.reasons]
        self._taken += 1
        self._waiting.append(
            {
                "rejected_id": rejected_id(resource, content_hash),
                "resource": resource,
                "record_key": refused.key,
                "rules": ",".join(sorted({item.rule for item in refused.reasons})),
                "reasons": json.dumps(reasons),
                "raw": simplejson.dumps(refused.raw, use_decimal=True),
                "parent_raw": simplejson.dumps(origin.parent, use_decimal=True) if origin.parent else None,
                "_source": origin.source,
                "_run_id": run_id,
                # A record may be refused twice in a run, in two versions of the row that has it: the later one stays.
                "_version": f"{at.isoformat(timespec='microseconds')}#{next(self._numbers):09d}",
                "_loaded_at": at,
            }
        )

    def drain(self) -> Iterator[list[dict[str, Any]]]:
        """What has come in since the last call, in one batch if any."""
        if self._waiting:
            batch = list(self._waiting)
            self._waiting.clear()
            yield batch

    def taken(self) -> int:
        """How many records have come in since the last call."""
        taken, self._taken = self._taken, 0
        return taken
