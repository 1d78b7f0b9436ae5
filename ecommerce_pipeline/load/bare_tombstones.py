"""Tombstones that are nothing but a key: their rows are marked beside the load of the package that moves the cursor."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import dlt

from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.source.tombstones import TOLD, BareTombstones, told_in


class Marking:
    """Marks rows of bare tombstones in one warehouse.

    Args:
        pipeline: knows it.
        tombstones: by resource, when the row of each key was deleted, UTC.
    """

    def __init__(self, pipeline: dlt.Pipeline, tombstones: BareTombstones) -> None:
        self._marks = Marks(pipeline)
        self._tombstones = tombstones
        self._done = Done(pipeline)

    def before_load(self, tables: Collection[str]) -> None:
        """Mark in tables that stand already: the cursors have not moved, after a kill the tombstones come again."""
        for name in self._tombstones.keys() & set(tables):
            self._marks.set(name, self._tombstones[name])

    def after_load(self) -> None:
        """Mark once more: the package may have brought an older version of a row."""
        for name, keys in self._tombstones.items():
            self._marks.set(name, keys)
        self._done.note()


def mark_what_was_left(pipeline: dlt.Pipeline, state: Mapping[str, Any]) -> None:
    """Mark the tombstones of the last committed package, where the run that loaded it may not have come to that.

    Args:
        pipeline: its local state is the committed one.
        state: the source's part of it.
    """
    if TOLD in state and not Done(pipeline).noted:
        Marking(pipeline, told_in(state)).after_load()


class Done:
    """Notes in the working folder that the tombstones of the present state are marked: what was unmarked since, because
    the shop has it again, must not be marked once more.
    """

    def __init__(self, pipeline: dlt.Pipeline) -> None:
        self._pipeline = pipeline
        self._file = Path(pipeline.working_dir) / "tombstones_marked.json"

    @property
    def noted(self) -> bool:
        """Whether they are."""
        return self._file.exists() and self._file.read_text("utf-8") == self._told()

    def note(self) -> None:
        """They are."""
        self._file.write_text(self._told(), "utf-8")

    def _told(self) -> str:
        state = self._pipeline.state
        return json.dumps([state["_version_hash"], state.get("sources", {}).get("ecommerce", {}).get(TOLD)])
