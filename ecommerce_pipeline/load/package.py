"""One run's load packages: extracted, normalised, loaded, accounted for."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import dlt
from dlt.pipeline.exceptions import PipelineStepFailed

from ecommerce_pipeline.load.committed import Lineage
from ecommerce_pipeline.load.empty_tables import make_empty_tables
from ecommerce_pipeline.load.journal import Journal
from ecommerce_pipeline.load.lookup import is_id
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.source import BOOKKEEPING_TABLES, account_rows, ecommerce
from ecommerce_pipeline.source.reading import Reading

logger = logging.getLogger(__name__)

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
"""Passes; any other failure of normalising would come again, a package that a kill left half moved included."""


def send_or_forget(pipeline: dlt.Pipeline) -> tuple[list[str], float, float]:
    """Normalise and load what is pending; returns the ids of loaded packages and the seconds of both stages.

    A package that cannot be normalised would fail every later run: it is dropped with the local state that has
    its cursor. The next run takes the committed one from the warehouse and reads the same rows again.
    """
    began = time.monotonic()
    try:
        pipeline.normalize()
    except PipelineStepFailed as error:
        if getattr(error.exception, "errno", None) not in FULL_DISK:
            pipeline.drop()
        raise
    middle = time.monotonic()
    make_empty_tables(pipeline)
    packages = list(pipeline.load().loads_ids)
    return packages, round(middle - began, 3), round(time.monotonic() - middle, 3)


class Package:
    """The stages of one run, each timed; a long run goes through them step by step.

    Args:
        pipeline: the destination's.
        reading: the run.
        file_format: of the files that are loaded, None for the destination's own.
        wait: returns when the warehouse lets us in, or raises `DestinationFailed`.
    """

    def __init__(
        self, pipeline: dlt.Pipeline, reading: Reading, file_format: Any, wait: Callable[[], None]
    ) -> None:
        self._pipeline = pipeline
        self._reading = reading
        self._format = file_format
        self._wait = wait
        self._journal = Journal(pipeline)
        self._lineage = Lineage(pipeline)
        self._marks = Marks(pipeline)

    def through(self, anew: tuple[str, ...]) -> list[str]:
        """Extract, normalise and load; then send the account. Returns the ids of loaded packages.

        Args:
            anew: resources whose tables are dropped and read from the beginning.
        """
        try:
            self._extract_first(anew)
            packages = self._commit()
            while self._reading.unfinished:
                self._extract_more()
                packages += self._commit()
        except PipelineStepFailed:
            # What waits to be loaded carries its own account; what was dropped is accounted for here.
            if not self._pipeline.has_pending_data:
                self._journal.add(self._rows())
            raise
        for account in self._reading.accounts.values():
            account.state = account.outcome
        return packages + self._account(bool(packages))

    def _commit(self) -> list[str]:
        self._wait()
        # Before the cursors move: a kill in between costs nothing, the tombstones come again.
        for name, keys in self._reading.graves.items():
            id_type = self._reading.profile.id_type
            self._marks.set(name, {key: at for key, at in keys.items() if is_id(key, id_type)})
        packages, normalize_seconds, load_seconds = send_or_forget(self._pipeline)
        for account in self._reading.accounts.values():
            account.commit(normalize_seconds, load_seconds)
            if account.deleted:
                self._marks.follow(account.resource)
        if self._reading.unfinished:
            rows = sum(account.fetched for account in self._reading.accounts.values())
            logger.info("checkpoint: %d rows are accounted for and committed, reading goes on", rows)
        return packages

    def _extract_first(self, anew: tuple[str, ...]) -> None:
        self._lineage.begin()
        if anew:
            # Apart from the others: the history of runs and the quarantine of other resources outlive a refresh.
            self._extract_lists(anew, refresh="drop_resources")
        others = [name for name in ecommerce(self._reading).resources if name not in anew]
        if others:
            self._extract_lists(others)

    def _extract_more(self) -> None:
        self._lineage.begin()
        self._extract_lists((*self._reading.unfinished, *BOOKKEEPING_TABLES))

    def _extract_lists(self, names: Sequence[str], **options: Any) -> None:
        self._reading.begin_step(name for name in self._reading.listed if name in names)
        self._extract(ecommerce(self._reading).with_resources(*names), **options)

    def _extract(self, data: Any, **options: Any) -> None:
        self._pipeline.extract(data, loader_file_format=self._format, **options)
        self._lineage.extend()

    def _account(self, sent: bool) -> list[str]:
        rows = self._rows()
        if not sent:
            self._journal.add(rows)
            return []
        self._lineage.begin()
        self._extract(account_rows(iter([self._journal.waiting() + rows])))
        self._wait()
        packages, _, _ = send_or_forget(self._pipeline)
        self._journal.clear()
        return packages

    def _rows(self) -> list[dict[str, Any]]:
        reading = self._reading
        finished = reading.client.clocks.now()
        return [
            account.row(reading.run_id, reading.profile.name, reading.started_at, finished)
            for account in reading.accounts.values()
        ]
