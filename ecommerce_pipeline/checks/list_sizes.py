"""Lists inside records: as many elements in the warehouse as in the shop?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import dlt

from ecommerce_pipeline.load.nested import count_orphans, nested_tables
from ecommerce_pipeline.load.stored import Stored, Version
from ecommerce_pipeline.source.repeats import identity


class ListSize(NamedTuple):
    """How many elements one row has in one list: as the shop sends them, and as they are stored."""

    table: str
    expected: int
    stored: int


class ListSizes:
    """Compares the lists on the first level of a resource's records, those in their objects included.

    Args:
        pipeline: knows the warehouse, its schema and how it names tables.
        name: the resource.
        stored: its rows.
    """

    def __init__(self, pipeline: dlt.Pipeline, name: str, stored: Stored) -> None:
        self._pipeline = pipeline
        self._name = name
        self._stored = stored
        self._nested = list(nested_tables(pipeline, name))
        self._first = [child for child, parent in self._nested if parent == name]
        self._normalised = pipeline.default_schema.naming.normalize_path

    def compare(self, rows: Sequence[tuple[dict[str, Any], Version]]) -> dict[str, tuple[ListSize, ...]]:
        """The sizes of all lists of each row, by `identity`.

        Args:
            rows: as they would be loaded, with the one version that is stored of each.
        """
        row_ids = [version.row_id for _, version in rows]
        there = {table: self._stored.list_sizes(table, row_ids) for table in self._first}
        found = {}
        for row, version in rows:
            sizes = _sizes(row, self._normalised, self._name)
            found[str(identity(row["id"]))] = tuple(
                ListSize(table, sizes.get(table, 0), there[table][version.row_id]) for table in self._first
            )
        return found

    def orphans(self) -> dict[str, int]:
        """How many elements hang on no row, by table."""
        return {child: count_orphans(self._pipeline, child, parent) for child, parent in self._nested}


def _sizes(record: Mapping[str, Any], normalised: Callable[[str], str], above: str) -> dict[str, int]:
    """The lists of a record, those of its objects too, by their tables; a long name is shortened as a whole."""
    found: dict[str, int] = {}
    for name, value in record.items():
        path = f"{above}__{name}"
        if isinstance(value, list):
            found[normalised(path)] = len(value)
        elif isinstance(value, dict):
            found |= _sizes(value, normalised, path)
    return found
