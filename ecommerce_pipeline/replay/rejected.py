"""Rejected records, judged again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import dlt
from dlt.common.utils import chunks

from ecommerce_pipeline.load.connection import asking
from ecommerce_pipeline.load.keys import AT_ONCE, in_lists, rows_with
from ecommerce_pipeline.records.content import content_hash, decode_json
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
        is_tombstone: tells rows that the shop lists as deleted: they mark what came before them, right or wrong.
    """

    def __init__(
        self,
        pipeline: dlt.Pipeline,
        resources: Sequence[str],
        shop: str,
        is_tombstone: Callable[[Any], bool],
    ) -> None:
        self._is_tombstone = is_tombstone
        self.resolved: list[str] = []
        self.still_wrong = 0
        self._pipeline = pipeline
        self._resources = resources
        self._shop = shop

    def batches(self, acceptance: Acceptance, accounts: Mapping[str, ResourceAccount]) -> Iterator[Batch]:
        """The rows of those that keep the contract now, oldest first; `resolved` gets their ids.

        Args:
            acceptance: judges them.
            accounts: get those that are still refused, as rows that came again.
        """
        for refused_at, group in itertools.groupby(self._records(), key=lambda record: record.refused_at):
            for some in chunks(group, AT_ONCE):
                rows: dict[str, dict[str, Any]] = {}
                for records in _by_row(some):
                    right = [item for item in records if acceptance.accepts(item.resource, item.raw)]
                    self.resolved.extend(item.rejected_id for item in right)
                    self.still_wrong += len(records) - len(right)
                    if right or self._is_tombstone(records[0].whole):
                        whole = records[0]
                        rows.setdefault(whole.address, {})[content_hash(whole.whole)] = whole.whole
                    else:
                        _count_again(records, accounts)
                for address, found in rows.items():
                    yield Batch(list(found.values()), address, refused_at)

    def _records(self) -> Iterator[Record]:
        """All of them that can be judged; of an element of a list, the row that has it must be known."""
        ids = [found for found, *_ in sorted(self._ids(), key=lambda item: (item[1], item[2], item[0]))]
        columns = "rejected_id, resource, rules, raw, parent_raw, _source, _loaded_at"
        for some in chunks(ids, AT_ONCE):
            with asking(self._pipeline) as client:
                table = client.make_qualified_table_name(TABLE)
                query = f"SELECT {columns} FROM {table} WHERE rejected_id"  # noqa: S608  # our names
                found = {row[0]: row[1:] for row in rows_with(client, query, some)}
            for rejected_id in some:
                record = self._record(rejected_id, *found[rejected_id])
                if record is None:
                    self.still_wrong += 1
                else:
                    yield record

    def _ids(self) -> list[tuple[str, datetime, str]]:
        with asking(self._pipeline) as client:
            table = client.make_qualified_table_name(TABLE)
            query = f"SELECT rejected_id, _loaded_at, _version FROM {table} WHERE resource"  # noqa: S608  # our names
            found = rows_with(client, query, self._resources)
            return [(str(rejected_id), moment, str(version)) for rejected_id, moment, version in found]

    def _record(
        self, rejected_id: str, resource: str, rules: str, raw: str, parent: str | None, source: str, at: Any
    ) -> Record | None:
        row = decode_json(raw.encode())
        if rules == "not_an_object" and row.keys() == {"value"}:
            row = row["value"]
        inside = resource != self._resources[0]
        if inside and parent is None:
            return None
        whole = decode_json(parent.encode()) if inside and parent else row
        moment = plain(at)
        if moment is None:
            return None
        return Record(rejected_id, resource, row, whole, source.removeprefix(f"{self._shop} "), moment)

    def forget_resolved(self) -> None:
        """Delete what is right now and loaded, or has a newer version in the warehouse."""
        if not self.resolved:
            return
        with self._pipeline.sql_client() as client, client.begin_transaction():
            table = client.make_qualified_table_name(TABLE)
            for listed, some in in_lists(self.resolved):
                client.execute_sql(f"DELETE FROM {table} WHERE rejected_id {listed}", *some)  # noqa: S608  # our names


def _by_row(records: Iterable[Record]) -> list[list[Record]]:
    """The records, those together that the shop sent in one row."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(content_hash(record.whole), []).append(record)
    return list(groups.values())


def _count_again(records: Iterable[Record], accounts: Mapping[str, ResourceAccount]) -> None:
    for record in records:
        accounts[record.resource].fetched += 1
        accounts[record.resource].repeated += 1
