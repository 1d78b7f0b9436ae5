"""Tombstones that are nothing but a key: their rows are marked beside the load of a package, which carries the keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import dlt

from ecommerce_pipeline.load.keys import is_id
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.records.wire import IdType
from ecommerce_pipeline.source.tombstones import BareTombstones, carried_by


class Marking:
    """Marks rows of bare tombstones in one warehouse.

    Args:
        pipeline: knows it.
        id_type: of the shop's keys; a tombstone with another one marks nothing.
        tombstones: by resource, when the row of each key was deleted, UTC.
    """

    def __init__(self, pipeline: dlt.Pipeline, id_type: IdType, tombstones: BareTombstones) -> None:
        self._marks = Marks(pipeline)
        self._id_type = id_type
        self._tombstones = tombstones

    def before_load(self, tables: Collection[str]) -> None:
        """Mark in tables that stand already: the cursors have not moved, after a kill the tombstones come again."""
        for name, keys in self._tombstones.items():
            if name in tables:
                self._set(name, keys)

    def after_load(self) -> None:
        """Mark once more: the package may have brought an older version of a row."""
        for name, keys in self._tombstones.items():
            self._set(name, keys)

    def _set(self, name: str, keys: Mapping[Any, datetime]) -> None:
        self._marks.set(name, {key: at for key, at in keys.items() if is_id(key, self._id_type)})


def waiting_tombstones(pipeline: dlt.Pipeline) -> BareTombstones:
    """Those that normalised packages carry which are not loaded yet; of one key the latest."""
    found: BareTombstones = {}
    for package in pipeline.list_normalized_load_packages():
        for name, keys in carried_by(pipeline.get_load_package_state(package)).items():
            found.setdefault(name, {}).update(keys)
    return found
