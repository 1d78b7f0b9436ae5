"""Rejected records, judged again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import dlt
from dlt.common.utils import chunks

from ecommerce_pipeline.load.asking import asking
from ecommerce_pipeline.load.lookup import AT_ONCE, rows_with
from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.replay.reader import Batch
from ecommerce_pipeline.source.acceptance import Acceptance
from ecommerce_pipeline.source.account import ResourceAccount
from ecommerce_pipeline.source.cursor import plain
from ecommerce_pipeline.source.quarantine import TABLE


class Record(NamedTuple):
    """One record of the quarantine.

    Attributes:
        rejected_id: its id.
        resource: what it is.
        raw: the record.
        whole: the row in which the shop sent it; the record itself, or the row that has it in a list.
        address: of the page, free of secrets.
        refused_at: when the run that refused it began, UTC.
    """

    rejected_id: str
    resource: str
    raw: Any
    whole: Any
    address: str
    refused_at: datetime


class Quarantined:
    """The rejected records of one list and of the lists embedded in its rows.

    Args:
        pipeline: knows the warehouse.
        resources: the list and what is embedded in it; none where there is no quarantine yet.
        shop: its name, with which the stored addresses begin.
    """

    def __init__(self, pipeline: dlt.Pipeline, resources: Sequence[str], shop: str) -> None:
        self.resolved: list[str] = []
        self.still_wrong = 0
        self._pipeline = pipeline
        self._resources = resources
        self._shop = shop

    def batches(self, acceptance: Acceptance, account: ResourceAccount) -> Iterator[Batch]:
        """Those that keep the contract now, oldest first; `resolved` gets their ids.

        Args:
            acceptance: judges them.
            account: gets those that are still refused, as rows that came again.
        """
        for refused_at, group in itertools.groupby(self._records(), key=lambda record: record.refused_at):
            for some in chunks(list(group), AT_ONCE):
                rows: dict[str, Batch] = {}
                for record in some:
                    if acceptance.accepts(record.resource, record.raw):
                        self.resolved.append(record.rejected_id)
                        batch = rows.setdefault(record.address, Batch([], record.address, refused_at))
                        if record.whole not in batch.rows:
                            batch.rows.append(record.whole)
                    else:
                        self.still_wrong += 1
                        account.fetched += 1
                        account.repeated += 1
                yield from rows.values()

    def _records(self) -> Iterator[Record]:
        """All of them that can be judged; of an element of a list, the row that has it must be known."""
        ids = [found for found, _ in sorted(self._ids(), key=lambda pair: (pair[1], pair[0]))]
        columns = "rejected_id, resource, rules, raw, parent_raw, _source, _loaded_at"
        for some in chunks(ids, AT_ONCE):
            with asking(self._pipeline) as client:
                table = client.make_qualified_table_name(TABLE)
                query = f"SELECT {columns} FROM {table} WHERE rejected_id IN"  # noqa: S608  # our names
                found = {row[0]: row[1:] for row in rows_with(client, query, some)}
            for rejected_id in some:
                record = self._record(rejected_id, *found[rejected_id])
                if record is None:
                    self.still_wrong += 1
                else:
                    yield record

    def _ids(self) -> list[tuple[str, datetime]]:
        with asking(self._pipeline) as client:
            table = client.make_qualified_table_name(TABLE)
            query = f"SELECT rejected_id, _loaded_at FROM {table} WHERE resource IN"  # noqa: S608  # our names
            return [(str(found), moment) for found, moment in rows_with(client, query, self._resources)]

    def _record(
        self, rejected_id: str, resource: str, rules: str, raw: str, parent: str | None, source: str, at: Any
    ) -> Record | None:
        row = decode_json(raw.encode())
        if rules == "not_an_object" and row.keys() == {"value"}:
            row = row["value"]
        if resource != self._resources[0] and parent is None:
            return None
        whole = decode_json(parent.encode()) if parent else row
        moment = plain(at)
        if moment is None:
            return None
        return Record(rejected_id, resource, row, whole, source.removeprefix(f"{self._shop} "), moment)

    def forget_resolved(self) -> None:
        """Delete what is right now and loaded, or has a newer version in the warehouse."""
        with self._pipeline.sql_client() as client, client.begin_transaction():
            table = client.make_qualified_table_name(TABLE)
            for some in chunks(self.resolved, AT_ONCE):
                marks = ", ".join(["%s"] * len(some))
                client.execute_sql(f"DELETE FROM {table} WHERE rejected_id IN ({marks})", *some)  # noqa: S608  # our names
