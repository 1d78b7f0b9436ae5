"""What flows: one dlt resource for each list of the shop, the quarantine and the account of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dlt
from dlt.extract import DltResource

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.columns import BOOKKEEPING, LINKS, columns, nested_columns
from ecommerce_pipeline.source import quarantine
from ecommerce_pipeline.source.account import RUN_COLUMNS
from ecommerce_pipeline.source.cursor import LosslessCursor, plain
from ecommerce_pipeline.source.list_reader import ListReader
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.strict import strictly_typed
from ecommerce_pipeline.source.tombstones import keep_told

RUNS = "pipeline_runs"

BOOKKEEPING_TABLES = (quarantine.TABLE, RUNS)
"""Tables that hold what became of rows, beside the tables that hold them."""

UNFINISHED = "unfinished_run"
"""Where the source's state names a run of which only some steps are committed."""

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)

MERGE: Any = {"disposition": "merge", "strategy": "delete-insert"}


def disposition(reading: Reading) -> Any:
    """What dlt does with rows whose key is there already; in a lake the destination merges, if anything does."""
    return "append" if reading.lake else MERGE


def table_format(reading: Reading) -> Any:
    """The format of tables, as dlt calls it; None for the destination's own."""
    return "delta" if reading.lake == "delta" else None


@dlt.source(name="ecommerce", max_table_nesting=6, root_key=True)
def ecommerce(reading: Reading) -> Any:
    """All resources of a shop, its quarantine and the account; the last two end after all others."""
    for name in MODELS:
        if name in reading.listed:
            yield _listed(reading, name)
        elif name not in reading.existing_tables and name in reading.resources:
            yield _empty(reading, name)
    yield _rejected_records(reading)
    yield _account_rows(reading)


ecommerce.add_postprocessor(strictly_typed)


def _listed(reading: Reading, name: str) -> DltResource:
    """The resource of one list: merged by key, the version read last wins within a package."""
    cursor = _cursor(reading)

    @_merged(reading, name)
    def rows(updated_at: Any = cursor) -> Iterator[Any]:
        dlt.current.source_state()["shop"] = reading.shop
        state: dict[str, Any] = {} if reading.window else dlt.current.resource_state()
        try:
            if name not in reading.existing_tables | reading.made:
                reading.made.add(name)
                yield dlt.mark.materialize_table_schema()
            if name not in reading.readers:
                reading.readers[name] = ListReader(reading, name, plain(updated_at.start_value), state)
                if reading.crew.connections > 1:
                    yield None  # all lists begin before any is waited for
            yield from reading.readers[name].step()
            reading.readers[name].keep_position(updated_at, state)
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
        write_disposition=disposition(reading),
        table_format=table_format(reading),
        columns=_columns(reading, name),
        nested_hints=_nested_hints(reading, name),
    )
    return decorate  # type: ignore[no-any-return]  # dlt's overloads do not name this form


def _cursor(reading: Reading) -> LosslessCursor:
    """The cursor of a resource; one with an end leaves dlt's state alone."""
    if reading.window is None:
        return LosslessCursor("updated_at")
    since, until = reading.window.since or BEGINNING, reading.window.until or END
    return LosslessCursor("updated_at", initial_value=since, end_value=until)


def _empty(reading: Reading, name: str) -> DltResource:
    """The table of a resource that this shop has no list for: it exists all the same."""

    @_merged(reading, name)
    def rows() -> Iterator[Any]:
        yield dlt.mark.materialize_table_schema()

    return rows()


def _columns(reading: Reading, name: str) -> Any:
    hints = {**columns(MODELS[name], reading.profile.id_type), **BOOKKEEPING}
    if not reading.lake:
        hints["_version"] = {**hints["_version"], "dedup_sort": "desc"}
    layout = reading.layout.get(name, {})
    return {column: {**hint, **layout.get(column, {})} for column, hint in hints.items()}


def _nested_hints(reading: Reading, name: str) -> Any:
    id_type = reading.profile.id_type
    lists = dict(nested_columns(MODELS[name], id_type))
    for child, declared in reading.profile.resources.items():
        if declared.embedded_in == name:
            lists[child] = columns(MODELS[child], id_type)
    return {child: {"columns": {**hints, **LINKS}} for child, hints in lists.items()}


def _when_read(reading: Reading) -> Iterator[list[dict[str, Any]] | None]:
    """The account's rows once all lists are at the step's end. None tells dlt to ask the other resources first."""
    while reading.reading_now:
        yield None
    reading.archive.flush()  # a failure here still drops the package with its rows and cursors
    if not reading.window:
        keep_told(reading.tombstones, dlt.current.source_state(), reading.changed)
    _note_unfinished(reading)
    if reading.changed or RUNS not in reading.existing_tables:
        reading.accounted = True
        finish = reading.client.clocks.now()
        shop = reading.profile.name
        unfinished = reading.unfinished
        # These rows are seen only when the package that holds them is loaded.
        accounts = [
            replace(account, state="unfinished" if unfinished else account.outcome)
            for account in reading.accounts.values()
        ]
        rows = [account.row(reading.run_id, shop, reading.started_at, finish) for account in accounts]
        yield [*reading.waiting, *rows]


def _note_unfinished(reading: Reading) -> None:
    """A run that is stopped between two steps is named by the next one."""
    state = dlt.current.source_state()
    if reading.window:
        return
    if reading.unfinished:
        state[UNFINISHED] = reading.run_id
    else:
        state.pop(UNFINISHED, None)


def _rejected_records(reading: Reading) -> DltResource:
    @dlt.resource(
        name=quarantine.TABLE,
        primary_key="rejected_id",
        write_disposition=disposition(reading),
        table_format=table_format(reading),
        columns=quarantine.columns(not reading.lake, partitioned=reading.lake == "delta"),  # type: ignore[arg-type]  # a dict of hints, as dlt documents
    )
    def rows() -> Iterator[Any]:
        if quarantine.TABLE not in reading.existing_tables:
            yield dlt.mark.materialize_table_schema()
        while reading.reading_now:
            yield next(reading.quarantine.drain(), None)
        yield from reading.quarantine.drain()

    return rows()


def _account_rows(reading: Reading) -> DltResource:
    """The resource of `pipeline_runs`: one row per run and resource, the latest account of it wins."""
    return dlt.resource(
        _when_read(reading),
        name=RUNS,
        primary_key=["run_id", "resource"],
        write_disposition=disposition(reading),
        table_format=table_format(reading),
        columns=RUN_COLUMNS,  # type: ignore[arg-type]  # a dict of hints, as dlt documents
    )
