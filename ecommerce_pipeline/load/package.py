"""One run's load packages: extracted, normalised, loaded, accounted for."""

from __future__ import annotations

import errno
import time
from typing import Any

import dlt
from dlt.pipeline.exceptions import PipelineStepFailed

from ecommerce_pipeline.load.committed import Lineage
from ecommerce_pipeline.load.empty_tables import make_empty_tables
from ecommerce_pipeline.load.journal import Journal
from ecommerce_pipeline.source import account_rows, ecommerce
from ecommerce_pipeline.source.reading import Reading

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
    """The stages of one run, each timed."""

    def __init__(self, pipeline: dlt.Pipeline, reading: Reading, file_format: Any) -> None:
        self._pipeline = pipeline
        self._reading = reading
        self._format = file_format
        self._journal = Journal(pipeline)
        self._lineage = Lineage(pipeline)

    def through(self, anew: tuple[str, ...]) -> list[str]:
        """Extract, normalise and load; then send the account. Returns the ids of loaded packages.

        Args:
            anew: resources whose tables are dropped and read from the beginning.
        """
        try:
            self._extract_all(anew)
            packages, normalize_seconds, load_seconds = send_or_forget(self._pipeline)
        except PipelineStepFailed:
            # What waits to be loaded carries its own account; what was dropped is accounted for here.
            if not self._pipeline.has_pending_data:
                self._journal.add(self._rows())
            raise
        for account in self._reading.accounts.values():
            account.normalize_seconds, account.load_seconds = normalize_seconds, load_seconds
            account.state = account.outcome
        return packages + self._account(bool(packages))

    def _extract_all(self, anew: tuple[str, ...]) -> None:
        self._lineage.begin()
        if anew:
            # Two steps: the history of runs and the quarantine of other resources outlive a refresh.
            self._extract(ecommerce(self._reading).with_resources(*anew), refresh="drop_resources")
        source = ecommerce(self._reading)
        others = [name for name in source.resources if name not in anew]
        if others:
            self._extract(source.with_resources(*others))

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
