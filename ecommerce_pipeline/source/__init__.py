"""What flows: one dlt resource for each list of the shop, the quarantine and the account of the run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dlt
from dlt.extract import DltResource

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.columns import BOOKKEEPING, LINKS, columns, nested_columns
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.walks import walk
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source import quarantine
from ecommerce_pipeline.source.acceptance import Acceptance
from ecommerce_pipeline.source.account import RUN_COLUMNS, ResourceAccount
from ecommerce_pipeline.source.cursor import LosslessCursor, never_past
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.repeats import FLOOR, Known, Repeats
from ecommerce_pipeline.source.strict import strictly_typed

logger = logging.getLogger(__name__)

BOOKKEEPING_TABLES = (quarantine.TABLE, "pipeline_runs")
"""Tables that hold what became of rows, beside the tables that hold them."""

RECENT_LIMIT = 10_000
"""How many versions of a resource's last moments the state keeps, to know them when they come again."""

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)

MERGE: Any = {"disposition": "merge", "strategy": "delete-insert"}


@dlt.source(name="ecommerce", max_table_nesting=6)
def ecommerce(reading: Reading) -> Any:
    """All resources of a shop, its quarantine and the account; the last two end after all others."""
    for name in MODELS:
        if name in reading.listed:
            yield _listed(reading, name)
        elif name not in reading.existing_tables and name in reading.resources:
            yield _empty(reading, name)
    yield _rejected_records(reading)
    yield account_rows(_when_read(reading))


ecommerce.add_postprocessor(strictly_typed)


def _listed(reading: Reading, name: str) -> DltResource:
    """The resource of one list: merged by key, the version read last wins within a package."""
    cursor = _cursor(reading, name)

    @_merged(reading, name)
    def rows(updated_at: Any = cursor) -> Iterator[Any]:
        account = reading.accounts[name]
        dlt.current.source_state()["shop"] = reading.shop
        try:
            if name not in reading.existing_tables:
                yield dlt.mark.materialize_table_schema()
            yield from _read(reading, name, account, updated_at)
        finally:
            reading.reading_now.discard(name)

    return rows()


def _merged(
    reading: Reading, name: str
) -> Callable[[Callable[..., Iterator[Any]]], Callable[[], DltResource]]:
    """Makes a generator the resource of a table that is merged by key."""
    decorate: Any = dlt.resource(
        name=name,
        primary_key="id",
        write_disposition=MERGE,
        columns=_columns(reading, name),
        nested_hints=_nested_hints(reading, name),
    )
    return decorate  # type: ignore[no-any-return]  # dlt's overloads do not name this form


def _cursor(reading: Reading, name: str) -> LosslessCursor:
    """The cursor of a resource; one with an end leaves dlt's state alone."""
    kept: Any = {"primary_key": (), "on_cursor_value_missing": "include"}
    if reading.window is None:
        return LosslessCursor("updated_at", last_value_func=never_past(reading.ceiling(name)), **kept)
    since, until = reading.window.since or BEGINNING, reading.window.until or END
    return LosslessCursor("updated_at", initial_value=since, end_value=until, **kept)


def _read(reading: Reading, name: str, account: ResourceAccount, cursor: Any) -> Iterator[Any]:
    """Walk the window and hand on what is new; the state is touched only when something is."""
    bounded = reading.window is not None
    state: dict[str, Any] = {} if bounded else dlt.current.resource_state()
    account.cursor_before = account.cursor_after = None if bounded else cursor.last_value
    window = reading.window or Window(since=_plain(cursor.start_value))
    account.since, account.until = window.since, window.until
    logger.info("reading %s since %s until %s", name, window.since or "the beginning", window.until or "now")
    repeats = Repeats(_recent(state), reading.lookups.get(name))
    endpoint = Endpoint(
        reading.client,
        reading.profile.resources[name],
        reading.settings.page_size,
        lambda body: reading.archive.keep(name, body),
        account.retries,
    )
    acceptance = Acceptance(
        name,
        reading.profile,
        reading.accounts,
        reading.quarantine,
        {"_run_id": reading.run_id, "_loaded_at": reading.started_at},
    )
    began = time.monotonic()
    for page in walk(endpoint, window, reading.ceiling(name), reading.settings.window_attempts):
        account.pages = endpoint.pages
        accepted = acceptance.judge(endpoint, page, repeats)
        account.extract_seconds += time.monotonic() - began
        if accepted:
            yield accepted
        began = time.monotonic()
    account.pages = endpoint.pages
    acceptance.finish(window.since)
    _log_end(account)
    if not bounded and account.changed:
        account.cursor_after = cursor.last_value
        _remember(state, repeats, endpoint, cursor.last_value)


def _plain(moment: datetime | None) -> datetime | None:
    """The standard library's instant: dlt hands out pendulum's, with which exact arithmetic fails."""
    return datetime.fromisoformat(moment.isoformat()).astimezone(UTC) if moment else None


def _log_end(account: ResourceAccount) -> None:
    logger.info(
        "read %s: %d pages, %d fetched, %d loaded, %d rejected, %d repeated",
        account.resource,
        account.pages,
        account.fetched,
        account.loaded,
        account.rejected_rows,
        account.repeated,
    )

    if account.rejected_rows and account.rejected_rows == account.fetched:
        logger.warning(
            "every row of %s is rejected, the first for %s: does the profile name the right fields?",
            account.resource,
            account.first_reason,
        )


def _recent(state: dict[str, Any]) -> dict[str, Known]:
    return {
        key: Known(datetime.fromisoformat(cursor), digest)
        for key, (cursor, digest) in state.get("recent", {}).items()
    }


def _remember(state: dict[str, Any], repeats: Repeats, endpoint: Endpoint, last: datetime | None) -> None:
    if endpoint.profile.cursor.since_param:
        recent = repeats.since(endpoint.floor(last) if last else FLOOR, RECENT_LIMIT)
    else:
        recent = repeats.refused(RECENT_LIMIT)
    state["recent"] = {key: [known.cursor.isoformat(), known.content_hash] for key, known in recent.items()}


def _empty(reading: Reading, name: str) -> DltResource:
    """The table of a resource that this shop has no list for: it exists all the same."""

    @_merged(reading, name)
    def rows() -> Iterator[Any]:
        yield dlt.mark.materialize_table_schema()

    return rows()


def _columns(reading: Reading, name: str) -> Any:
    hints = {**columns(MODELS[name], reading.profile.id_type), **BOOKKEEPING}
    hints["_version"] = {**hints["_version"], "dedup_sort": "desc"}
    return hints


def _nested_hints(reading: Reading, name: str) -> Any:
    id_type = reading.profile.id_type
    lists = dict(nested_columns(MODELS[name], id_type))
    for child, declared in reading.profile.resources.items():
        if declared.embedded_in == name:
            lists[child] = columns(MODELS[child], id_type)
    return {child: {"columns": {**hints, **LINKS}} for child, hints in lists.items()}


def _when_read(reading: Reading) -> Iterator[list[dict[str, Any]] | None]:
    """The account's rows once all lists are read. None tells dlt to ask the other resources first."""
    while reading.reading_now:
        yield None
    if reading.changed:
        finish = reading.client.clocks.now()
        shop = reading.profile.name
        # These rows are seen only when the package that holds them is loaded.
        accounts = [replace(account, state=account.outcome) for account in reading.accounts.values()]
        yield [account.row(reading.run_id, shop, reading.started_at, finish) for account in accounts]


def _rejected_records(reading: Reading) -> DltResource:
    @dlt.resource(
        name=quarantine.TABLE,
        primary_key="rejected_id",
        write_disposition=MERGE,
        columns=quarantine.COLUMNS,  # type: ignore[arg-type]  # a dict of hints, as dlt documents
    )
    def rows() -> Iterator[Any]:
        if quarantine.TABLE not in reading.existing_tables:
            yield dlt.mark.materialize_table_schema()
        while reading.reading_now:
            yield next(reading.quarantine.drain(), None)
        yield from reading.quarantine.drain()

    return rows()


def account_rows(batches: Iterator[list[dict[str, Any]] | None]) -> DltResource:
    """The resource of `pipeline_runs`: one row per run and resource, the latest account of it wins."""
    return dlt.resource(
        batches,
        name="pipeline_runs",
        primary_key=["run_id", "resource"],
        write_disposition=MERGE,
        columns=RUN_COLUMNS,  # type: ignore[arg-type]  # a dict of hints, as dlt documents
    )
