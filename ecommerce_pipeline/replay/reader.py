"""Takes the place of the reader of a list: its rows come from an earlier time, not from the shop."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from ecommerce_pipeline.replay.versions import EarlierRows
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import PageRequest, keep_nothing
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.source.acceptance import Acceptance
from ecommerce_pipeline.source.cursor import LosslessCursor
from ecommerce_pipeline.source.reading import Reading

BATCHES = 50
"""So many are judged together: to open a connection takes longer than to ask for the rows of a page."""


class Batch(NamedTuple):
    """Rows that were fetched at one time.

    Attributes:
        rows: as the shop sent them.
        address: where they came from, free of secrets.
        fetched_at: when the run that fetched them began, UTC.
    """

    rows: list[Any]
    address: str
    fetched_at: datetime


class EarlierReader:
    """Reads batches of one resource, oldest first.

    Args:
        reading: the run.
        name: the resource.
        acceptance: judges the rows.
        batches: what to judge again.
        versions: tells which rows are news.
    """

    def __init__(
        self,
        reading: Reading,
        name: str,
        acceptance: Acceptance,
        batches: Iterator[Batch],
        versions: EarlierRows,
    ) -> None:
        self.finished = False
        self._reading = reading
        self._account = reading.accounts[name]
        self._acceptance = acceptance
        self._batches = batches
        self._versions = versions
        self._endpoint = endpoint_of(reading, name)

    def step(self) -> Iterator[list[dict[str, Any]]]:
        """New rows, batch by batch, until there are no more or the step is full."""
        while together := list(itertools.islice(self._batches, BATCHES)):
            yield from self._judged(together)
            if self._reading.step.full:
                return
        self.finished = True

    def _judged(self, batches: list[Batch]) -> list[list[dict[str, Any]]]:
        """The new rows of each batch. One connection is opened for all of them, and closed before dlt goes on."""
        with self._reading.one_connection():
            accepted = [self._accepted(batch) for batch in batches]
        return [rows for rows in accepted if rows]

    def _accepted(self, batch: Batch) -> list[dict[str, Any]]:
        self._versions.fetched_at = batch.fetched_at
        self._account.pages += 1
        self._reading.step.count(len(batch.rows))
        return self._acceptance.judge(self._endpoint, self._page(batch), self._versions)

    def keep_position(self, cursor: LosslessCursor, state: dict[str, Any]) -> None:
        """What is replayed moves no cursor."""

    def _page(self, batch: Batch) -> Page:
        """The rows as a page; those of the time before a column was declared personal are masked now."""
        mask = self._reading.maskers.get(self._account.resource)
        rows = [mask(row) for row in batch.rows] if mask else batch.rows
        return Page(PageRequest(batch.address), batch.address, rows, [], [], None, None)


def endpoint_of(reading: Reading, name: str) -> Endpoint:
    """Knows where a row has its key and its cursor; the shop is not asked."""
    declared = reading.profile.resources[name]
    return Endpoint(reading.client, declared, None, keep_nothing, reading.accounts[name].retries)
