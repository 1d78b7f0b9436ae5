"""Lists inside records: as many elements in the warehouse as in the shop?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dlt

from ecommerce_pipeline.load.nested import count_orphans, nested_tables
from ecommerce_pipeline.load.stored import Stored, Version


class ListSizes:
    """Compares the lists on the first level of a resource's records.

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

    def compare(self, rows: Sequence[tuple[dict[str, Any], Version]]) -> Iterator[tuple[str, Any, int, int]]:
        """Table, key of the row, elements that the shop sends and elements that are stored, for each list.

        Args:
            rows: as they would be loaded, with the one version that is stored of each.
        """
        row_ids = [version.row_id for _, version in rows]
        sizes = [_sizes(row, self._normalised) for row, _ in rows]
        for table in self._first:
            there = self._stored.list_sizes(table, row_ids)
            path = table.removeprefix(f"{self._name}__")
            for (row, version), size in zip(rows, sizes, strict=True):
                yield table, row["id"], size.get(path, 0), there[version.row_id]

    def orphans(self) -> dict[str, int]:
        """How many elements hang on no row, by table."""
        return {child: count_orphans(self._pipeline, child, parent) for child, parent in self._nested}


def _sizes(record: Mapping[str, Any], normalised: Callable[[str], str], above: str = "") -> dict[str, int]:
    """The lists of a record, those of its objects too, under the names that their tables end in."""
    found: dict[str, int] = {}
    for name, value in record.items():
        path = f"{above}__{name}" if above else name
        if isinstance(value, list):
            found[normalised(path)] = len(value)
        elif isinstance(value, dict):
            found |= _sizes(value, normalised, path)
    return found
