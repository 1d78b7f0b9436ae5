"""One run's load package: extracted, normalised, loaded, accounted for."""

from __future__ import annotations

import time
from typing import Any

import dlt
from dlt.load.exceptions import LoadClientJobFailed
from dlt.pipeline.exceptions import PipelineStepFailed

from ecommerce_pipeline.load.journal import Journal
from ecommerce_pipeline.load.tables import make_empty_tables
from ecommerce_pipeline.source import account_rows, ecommerce, quarantine
from ecommerce_pipeline.source.reading import Reading


def load_or_forget(pipeline: dlt.Pipeline) -> list[str]:
    """Load what is pending; returns the ids of loaded packages.

    A package that the warehouse refuses for good is not pending any more, but the local state already has
    its cursor. The local state is dropped then: the next run takes the committed one from the warehouse
    and reads the same rows again.
    """
    try:
        return list(pipeline.load().loads_ids)
    except PipelineStepFailed as error:
        if isinstance(error.exception, LoadClientJobFailed):
            pipeline.drop()
        raise


class Package:
    """The stages of one run's package, each timed."""

    def __init__(self, pipeline: dlt.Pipeline, reading: Reading, file_format: Any) -> None:
        self._pipeline = pipeline
        self._reading = reading
        self._format = file_format
        self._journal = Journal(pipeline.working_dir)

    def through(self, full_refresh: bool) -> list[str]:
        """Extract, normalise and load; then send the account. Returns the ids of loaded packages."""
        source = ecommerce(self._reading)
        if full_refresh:
            # The history of runs and the quarantine of other resources outlive a refresh.
            source = source.with_resources(*self._reading.resources)
        refresh: Any = "drop_resources" if full_refresh else None
        try:
            self._pipeline.extract(source, loader_file_format=self._format, refresh=refresh)
            if full_refresh:
                refused = ecommerce(self._reading).with_resources(quarantine.TABLE)
                self._pipeline.extract(refused, loader_file_format=self._format)
        except PipelineStepFailed:
            self._journal.add(self._rows())
            raise
        packages, normalize_seconds, load_seconds = self._send()
        for account in self._reading.accounts.values():
            account.normalize_seconds, account.load_seconds = normalize_seconds, load_seconds
            account.state = "loaded" if account.changed else "nothing_new"
        return packages + self._account(bool(packages))

    def _send(self) -> tuple[list[str], float, float]:
        began = time.monotonic()
        self._pipeline.normalize()
        make_empty_tables(self._pipeline)
        middle = time.monotonic()
        packages = load_or_forget(self._pipeline)
        return packages, round(middle - began, 3), round(time.monotonic() - middle, 3)

    def _account(self, sent: bool) -> list[str]:
        rows = self._rows()
        if not sent:
            self._journal.add(rows)
            return []
        batch = self._journal.waiting() + rows
        self._pipeline.extract(account_rows(iter([batch])), loader_file_format=self._format)
        packages, _, _ = self._send()
        self._journal.clear()
        return packages

    def _rows(self) -> list[dict[str, Any]]:
        reading = self._reading
        finished = reading.client.clocks.now()
        return [
            account.row(reading.run_id, reading.profile.name, reading.started_at, finished)
            for account in reading.accounts.values()
        ]
