"""Marks of deleted rows in the warehouse, set and read by SQL beside the merge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dlt

from ecommerce_pipeline.load.connection import asking
from ecommerce_pipeline.load.covered import CHECKS, FAILED_MODELS, MODELS, Covered
from ecommerce_pipeline.load.keys import OF_A_TOMBSTONE, in_lists, rows_with
from ecommerce_pipeline.load.nested import nested_tables
from ecommerce_pipeline.load.notes import Notes, NoteTable
from ecommerce_pipeline.source.repeats import identity

MARK = "_deleted_at"

CHANGES = NoteTable("mark_changes", {"resource": "text", "changed_at": "timestamp"})
"""One row whenever marks of a resource were changed beside a load, so that what is made of its rows is made again."""


class Marks:
    """Deleted rows of one warehouse.

    Args:
        pipeline: knows the warehouse and its schema.
    """

    def __init__(self, pipeline: dlt.Pipeline) -> None:
        self._pipeline = pipeline

    def swept(self, since: Mapping[str, datetime | None]) -> dict[str, frozenset[str]]:
        """Rows that a sweep has marked, by resource: the `identity` of each.

        Args:
            since: for each resource the instant, UTC, before which its rows do not matter; None for all rows.
        """
        with asking(self._pipeline) as client:
            return {
                name: _swept(client, name, moment) for name, moment in since.items() if self._has_marks(name)
            }

    def set(self, resource: str, keys: Mapping[Any, datetime]) -> None:
        """Mark rows as deleted, those of their lists too; a row that is marked keeps its instant.

        Args:
            resource: names the table.
            keys: when each row was deleted, UTC, by key.
        """
        if not keys or not self._has_marks(resource):
            return
        at: dict[datetime, list[Any]] = {}
        unmarked = self._unmarked(resource, list(keys))
        for key, moment in keys.items():
            if str(identity(key)) in unmarked:
                at.setdefault(moment, []).append(key)
        if at:
            with self._changing(resource, max(at)) as client:
                for moment, group in at.items():
                    _mark(client, resource, group, moment)

    def take_back(self, resource: str, keys: Sequence[Any]) -> None:
        """Unmark rows that a sweep has marked, those of their lists too."""
        if not keys or not self._has_marks(resource):
            return
        with self._changing(resource, datetime.now(UTC)) as client:
            table = client.make_qualified_table_name(resource)
            for listed, some in in_lists(keys):
                query = f"UPDATE {table} SET {MARK} = NULL WHERE NOT {OF_A_TOMBSTONE} AND id {listed}"  # noqa: S608  # our names
                client.execute_sql(query, *some)

    def _unmarked(self, resource: str, keys: Sequence[Any]) -> frozenset[str]:
        """Those whose row bears no mark: the `identity` of each."""
        with asking(self._pipeline) as client:
            table = client.make_qualified_table_name(resource)
            query = f"SELECT id FROM {table} WHERE {MARK} IS NULL AND id"  # noqa: S608  # our names
            return _identities(rows_with(client, query, keys))

    @contextmanager
    def _changing(self, resource: str, at: datetime) -> Iterator[Any]:
        """A transaction that changes marks, and with them those of lists; models and checks are told by it, so that
        after a kill they know of each change that was committed.
        """
        for work in (MODELS, FAILED_MODELS, CHECKS):
            Covered(self._pipeline, work).forget()
        notes = Notes(self._pipeline, CHANGES)
        with self._pipeline.sql_client() as client:
            notes.make(client)
            with client.begin_transaction():
                yield client
                self._follow(client, resource)
                notes.insert(client, [{"resource": resource, "changed_at": at}])

    def follow(self, resource: str) -> None:
        """Give the elements of lists the marks of their rows."""
        if self._has_marks(resource):
            with self._pipeline.sql_client() as client, client.begin_transaction():
                self._follow(client, resource)

    def _follow(self, client: Any, resource: str) -> None:
        for child, parent in nested_tables(self._pipeline, resource):
            if self._has_marks(child):
                names = [client.make_qualified_table_name(name) for name in (child, parent)]
                client.execute_sql(_FOLLOW.format(child=names[0], parent=names[1], mark=MARK))

    def _has_marks(self, table: str) -> bool:
        if not self._pipeline.default_schema_name:
            return False
        known = self._pipeline.default_schema.tables.get(table)
        return known is not None and MARK in known["columns"]


_FOLLOW = (
    "UPDATE {child} SET {mark} = p.{mark} FROM {parent} AS p"
    " WHERE p._dlt_id = {child}._dlt_parent_id"
    " AND (p.{mark} <> {child}.{mark} OR (p.{mark} IS NULL) <> ({child}.{mark} IS NULL))"
)


def _swept(client: Any, resource: str, since: datetime | None) -> frozenset[str]:
    table = client.make_qualified_table_name(resource)
    query = f"SELECT id FROM {table} WHERE {MARK} IS NOT NULL AND NOT {OF_A_TOMBSTONE}"  # noqa: S608  # our names
    bound = (" AND updated_at >= %s", since) if since else ("",)
    found = client.execute_sql(query + bound[0], *bound[1:]) or []
    return _identities(found)


def _identities(found: Sequence[Any]) -> frozenset[str]:
    return frozenset(str(identity(key)) for (key,) in found)


def _mark(client: Any, resource: str, keys: Sequence[Any], moment: datetime) -> None:
    table = client.make_qualified_table_name(resource)
    for listed, some in in_lists(keys):
        query = f"UPDATE {table} SET {MARK} = %s WHERE {MARK} IS NULL AND id {listed}"  # noqa: S608  # our names
        client.execute_sql(query, moment, *some)
