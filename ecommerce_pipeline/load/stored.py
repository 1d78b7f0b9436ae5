"""What the warehouse has of one resource, asked for some keys or for one window of the cursor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import dlt

from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.load.connection import asking
from ecommerce_pipeline.load.keys import OF_A_TOMBSTONE, rows_with
from ecommerce_pipeline.records.keys import is_id
from ecommerce_pipeline.records.wire import IdType
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.cursor import plain, standard
from ecommerce_pipeline.source.repeats import identity
from ecommerce_pipeline.source.tombstones import TOMBSTONE


class Version(NamedTuple):
    """A row of the warehouse.

    Attributes:
        row_id: dlt's id of the row, on which the elements of its lists hang.
        cursor: its `updated_at`, UTC.
        content_hash: names the content and the contract it was judged under.
        deleted_at: when it was marked as deleted, UTC; None where it is not.
        loaded_at: when the run that loaded it began, UTC.
        run_id: names that run.
    """

    row_id: str
    cursor: datetime
    content_hash: str
    deleted_at: datetime | None
    loaded_at: datetime
    run_id: str

    @property
    def swept(self) -> bool:
        """Whether it is marked because the shop had it no more, and not by a tombstone."""
        return self.deleted_at is not None and not self.content_hash.endswith(TOMBSTONE)


class Stored:
    """The rows of one resource in the warehouse.

    Args:
        pipeline: knows the warehouse.
        resource: names the table.
        id_type: the type of its `id`; keys of another type are not asked for, the query would fail.
    """

    def __init__(self, pipeline: dlt.Pipeline, resource: str, id_type: IdType) -> None:
        self._pipeline = pipeline
        self._resource = resource
        self._id_type = id_type

    def versions(self, keys: Iterable[Any]) -> dict[str, list[Version]]:
        """All rows of some keys, by `identity`; more than one where a row is doubled."""
        wanted = [key for key in keys if is_id(key, self._id_type)]
        columns = "id, _dlt_id, updated_at, _content_hash, _deleted_at, _loaded_at, _run_id"
        found: dict[str, list[Version]] = {}
        for key, row_id, moment, digest, deleted, loaded, run_id in self._rows_with(
            columns, self._resource, "id", wanted
        ):
            if moment is None or loaded is None:
                raise DestinationFailed(
                    f"The row {key!r} of {self._resource} has no `updated_at` or no `_loaded_at`, which every row that"
                    " was loaded has. Delete it, then run `python pipelines.py verify --repair`."
                )
            version = Version(row_id, standard(moment), digest, plain(deleted), standard(loaded), run_id)
            found.setdefault(str(identity(key)), []).append(version)
        return found

    def live_keys(self, window: Window) -> dict[str, Any]:
        """The keys, by `identity`, of the rows in a window that are not marked as deleted."""
        found = self._select("id", window, "_deleted_at IS NULL")
        return {str(identity(key)): key for (key,) in found}

    def listed(self, window: Window) -> int | None:
        """How many rows of a window the shop should list, tombstones included; None where some are doubled."""
        condition = f"(_deleted_at IS NULL OR {OF_A_TOMBSTONE})"
        ((rows, distinct),) = self._select("count(*), count(DISTINCT id)", window, condition)
        return int(rows) if rows == distinct else None

    def doubled(self, window: Window) -> set[str]:
        """The `identity` of each key of which a window has more than one row."""
        found = self._select("id", window, "id IS NOT NULL", " GROUP BY id HAVING count(*) > 1")
        return {str(identity(key)) for (key,) in found}

    def live(self) -> int:
        """How many rows are not marked as deleted."""
        ((rows,),) = self._select("count(*)", Window(), "_deleted_at IS NULL")
        return int(rows)

    def list_sizes(self, child: str, row_ids: Sequence[str]) -> Counter[str]:
        """How many elements each row has in a list.

        Args:
            child: the list's table.
            row_ids: dlt's ids of the rows.
        """
        return Counter(
            row_id for (row_id,) in self._rows_with("_dlt_parent_id", child, "_dlt_parent_id", row_ids)
        )

    def _select(self, columns: str, window: Window, condition: str, grouped: str = "") -> list[Any]:
        bounds = {" AND updated_at >= %s": window.since, " AND updated_at < %s": window.until}
        given = {text: moment for text, moment in bounds.items() if moment is not None}
        with asking(self._pipeline) as client:
            table = client.make_qualified_table_name(self._resource)
            query = f"SELECT {columns} FROM {table} WHERE {condition}{''.join(given)}{grouped}"  # noqa: S608  # our names
            return list(client.execute_sql(query, *given.values()) or [])

    def _rows_with(self, columns: str, table: str, column: str, values: Sequence[Any]) -> list[Any]:
        if not values:
            return []
        with asking(self._pipeline) as client:
            name = client.make_qualified_table_name(table)
            return rows_with(client, f"SELECT {columns} FROM {name} WHERE {column}", values)  # noqa: S608  # our names
