"""Accounts of runs that sent nothing: kept beside the pipeline's state until something is sent anyway.

A run that finds nothing new sends no load package, so its account waits here.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt

from ecommerce_pipeline.source.account import INSTANTS


class Journal:
    """A file of accounts that are not in the warehouse yet, one JSON object per line.

    It stands beside the pipeline's working folder, which is deleted with the local state.
    """

    def __init__(self, pipeline: dlt.Pipeline) -> None:
        self._path = Path(pipeline.pipelines_dir) / f"{pipeline.pipeline_name}.accounts.jsonl"

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Keep the accounts of a run."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            # Begins with a line end: the line before may have been cut short by a kill.
            file.write("\n" + "".join(json.dumps(row, default=str) + "\n" for row in rows))

    def waiting(self) -> list[dict[str, Any]]:
        """What is kept; a line that a kill cut short is passed over."""
        if not self._path.exists():
            return []
        lines = self._path.read_text("utf-8").splitlines()
        return [row for line in lines if (row := _parsed(line)) is not None]

    def clear(self) -> None:
        """Forget all, once the warehouse has it."""
        self._path.unlink(missing_ok=True)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    for name in INSTANTS:
        if row.get(name):
            row[name] = datetime.fromisoformat(row[name])
    return row
