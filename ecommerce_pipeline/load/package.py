"""One run's load packages: extracted, normalised, loaded, accounted for."""

from __future__ import annotations

import gc
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.pipeline import NormalizeInfo
from dlt.pipeline.exceptions import PipelineStepFailed

from ecommerce_pipeline.errors import Unaccounted
from ecommerce_pipeline.load.bare_tombstones import Marking
from ecommerce_pipeline.load.bucket_files import remove_staged_files
from ecommerce_pipeline.load.committed import Lineage
from ecommerce_pipeline.load.connection import file_kept_open
from ecommerce_pipeline.load.duckdb_bounds import LARGE, Bounds, bounds_for, lacks_memory
from ecommerce_pipeline.load.empty_tables import make_empty_tables
from ecommerce_pipeline.load.failures import FULL_DISK
from ecommerce_pipeline.load.jobs import fail_aloud
from ecommerce_pipeline.load.journal import Journal
from ecommerce_pipeline.load.marks import Marks
from ecommerce_pipeline.source import BOOKKEEPING_TABLES, RUNS, ecommerce
from ecommerce_pipeline.source.quarantine import TABLE as QUARANTINE
from ecommerce_pipeline.source.reading import Reading

logger = logging.getLogger(__name__)


def prepare_or_forget(pipeline: dlt.Pipeline) -> dict[str, int]:
    """Normalise what is fetched; returns how many rows each table gets.

    A package that cannot be normalised would fail every later run: it is dropped with the local state that has
    its cursor. The next run takes the committed one from the warehouse and reads the same rows again.
    """
    try:
        info = pipeline.normalize()
    except PipelineStepFailed as error:
        # A full disk passes; any other failure would come again, a package that a kill left half moved included.
        if getattr(error.exception, "errno", None) not in FULL_DISK:
            pipeline.drop()
        raise
    return _rows_by_table(info) if info else {}


def _rows_by_table(info: NormalizeInfo) -> dict[str, int]:
    """How many rows each table gets; dlt's own `row_counts` has one kind of files for a table that has two."""
    found: Counter[str] = Counter()
    for steps in info.metrics.values():
        for step in steps:
            for job, metrics in step["job_metrics"].items():
                found[job.partition(".")[0]] += metrics.items_count
    return dict(found)


def send(pipeline: dlt.Pipeline) -> list[str]:
    """Load what is normalised; returns the ids of the packages."""
    make_empty_tables(pipeline)
    try:
        packages = _load(pipeline, bounds_for(pipeline))
    except PipelineStepFailed as error:
        if not lacks_memory(error):
            raise
        logger.warning("DuckDB lacks memory for this package; it is loaded with more")
        packages = _load(pipeline, LARGE)
    remove_staged_files(pipeline, packages)
    return packages


def _load(pipeline: dlt.Pipeline, bounds: Bounds) -> list[str]:
    fail_aloud()
    with file_kept_open(pipeline, bounds):
        return list(pipeline.load().loads_ids)


def give_memory_back() -> None:
    """What reading has freed goes back to the system before the warehouse takes memory of its own."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


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
        self._marking = Marking(pipeline, reading.tombstones)
        self._seconds = [0.0, 0.0]
        reading.waiting.extend(self._journal.waiting())

    def through(self) -> list[str]:
        """Extract, normalise and load; then send the account. Returns the ids of loaded packages."""
        try:
            packages = self._step(list(ecommerce(self._reading).resources))
            while self._reading.unfinished:
                # dlt leaves circles of objects behind, which hold the memory of what was loaded.
                gc.collect()
                packages += self._step([*self._reading.unfinished, *BOOKKEEPING_TABLES])
        except PipelineStepFailed:
            # What waits to be loaded carries its own account; what was dropped is accounted for here.
            if not self._pipeline.has_pending_data:
                self._journal.add(self._rows())
            raise
        finally:
            self._reading.crew.stop()
            self._keep_rest()
        for account in self._reading.accounts.values():
            account.state = account.outcome
        if self._reading.accounted:
            self._note_seconds()
        else:
            self._journal.add(self._rows())
        return packages

    def _step(self, names: Sequence[str]) -> list[str]:
        """Fetch and commit as much as one load package may hold."""
        self._reading.begin_step(name for name in self._reading.listed if name in names)
        self._extract(ecommerce(self._reading).with_resources(*names))
        give_memory_back()
        began = time.monotonic()
        self._check_handed(prepare_or_forget(self._pipeline))
        middle = time.monotonic()
        self._wait()
        packages = self._load()
        for keys in self._reading.tombstones.values():
            keys.clear()
        if self._reading.accounted:
            self._journal.clear()
            self._reading.waiting.clear()
        self._seconds[0] += middle - began
        self._seconds[1] += time.monotonic() - middle
        for account in self._reading.accounts.values():
            account.commit()
            if account.deleted and not self._reading.lake:
                self._marks.follow(account.resource)
        if self._reading.unfinished:
            rows = sum(account.fetched for account in self._reading.accounts.values())
            logger.info("checkpoint: %d rows are accounted for and committed, reading goes on", rows)
        return packages

    def _load(self) -> list[str]:
        """Load what is normalised, and mark rows of bare tombstones where rows can be marked."""
        if self._reading.lake:
            return send(self._pipeline)
        with file_kept_open(self._pipeline):
            self._marking.before_load(self._standing())
            packages = send(self._pipeline)
            self._marking.after_load()
        return packages

    def _keep_rest(self) -> None:
        """Pages of which nothing is loaded, as those before a failure, are worth no failure of their own."""
        try:
            self._reading.archive.flush()
        except Exception as error:  # drivers raise what they like, and the failure of the run is what counts
            logger.warning("the last pages are not archived: %s", error)

    def _check_handed(self, rows: Mapping[str, int]) -> None:
        """What we counted as handed on must come out of dlt's stages: two counts, made apart from each other."""
        expected = {
            self._reading.table(name): account.uncommitted for name, account in self._reading.accounts.items()
        }
        expected[QUARANTINE] = self._reading.quarantine.taken()
        for table, count in expected.items():
            if rows.get(table, 0) != count:
                self._pipeline.drop()
                raise Unaccounted(
                    f"{count} rows were handed on for {table} and {rows.get(table, 0)} came out of dlt. Nothing of"
                    " this package is loaded and the cursor stays; it is a defect of the pipeline, report it."
                )

    def _standing(self) -> set[str]:
        """The resources whose tables are in the warehouse before this package comes."""
        accounts = self._reading.accounts
        committed = {name for name, account in accounts.items() if account.committed_loaded}
        return committed | self._reading.existing_tables

    def _extract(self, data: Any) -> None:
        self._lineage.begin()
        self._pipeline.extract(data, loader_file_format=self._format)
        self._lineage.extend()

    def _note_seconds(self) -> None:
        """The account travels with its rows; how long preparing and loading took is known only afterwards."""
        normalize_seconds, load_seconds = self._seconds
        if self._reading.lake:
            return
        self._wait()
        with self._pipeline.sql_client() as client:
            table = client.make_qualified_table_name(RUNS)
            client.execute_sql(
                f"UPDATE {table} SET finished_at = %s, normalize_seconds = %s, load_seconds = %s WHERE run_id = %s",  # noqa: S608  # our names
                self._reading.client.clocks.now(),
                round(normalize_seconds, 3),
                round(load_seconds, 3),
                self._reading.run_id,
            )

    def _rows(self) -> list[dict[str, Any]]:
        reading = self._reading
        finished = reading.client.clocks.now()
        return [
            account.row(reading.run_id, reading.profile.name, reading.started_at, finished)
            for account in reading.accounts.values()
        ]
