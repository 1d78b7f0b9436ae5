"""How much memory DuckDB may take while it loads; by itself it would take most of what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

import dlt
import pyarrow.parquet as pq
from dlt.destinations.exceptions import DatabaseException

Bounds = Mapping[str, Any]
"""Settings of DuckDB by name. What needs more memory goes to files beside the database."""

SPARING: Bounds = {
    "preserve_insertion_order": False,
    "allocator_bulk_deallocation_flush_threshold": "8MB",
    "checkpoint_threshold": "1TB",
}
"""By itself DuckDB keeps up to 512 MB that it has freed for itself, beside what its limit counts, and writes its log in
the midst of a load, where a lack of memory ends it.
"""

SMALL: Bounds = MappingProxyType({**SPARING, "memory_limit": "112MB", "threads": 1})
"""Enough for questions, and for packages of up to `SMALL_BYTES`. Each thread needs memory of its own: with two of
them a merge of long texts fails within this limit, with one it does not.
"""

LARGE: Bounds = MappingProxyType({**SPARING, "memory_limit": "1GB", "threads": 2})
"""Enough for rows of any length; see `checkpoint_bytes`."""

SMALL_BYTES, LONG_BYTES, LONG_ROW_BYTES = 128 * 1024 * 1024, 4 * 1024 * 1024, 4 * 1024
"""So much is loaded within `SMALL`, and so much of rows that are longer than that. Of short rows up to twice as many
bytes were seen to merge there; of rows of 16 kB and more some lacked memory in the merge, some at the commit and some
when the log was written, which DuckDB does not survive.
"""

OUT_OF_MEMORY = re.compile(r"Out of Memory Error|\([\d.]+ \w+/[\d.]+ \w+ used\)")
"""DuckDB's words where a step cannot do with what it has, in files either; a commit that fails of it has only the
latter.
"""

ALIASES = {"max_memory": "memory_limit", "worker_threads": "threads"}


def is_duckdb(pipeline: dlt.Pipeline) -> bool:
    """Whether the warehouse is a DuckDB file."""
    return pipeline.destination.destination_type.endswith(".duckdb")


def bounds_for(pipeline: dlt.Pipeline) -> Bounds:
    """The bounds within which all that is normalised and not loaded yet can be loaded; no file is opened for another
    warehouse, which has none.
    """
    if not is_duckdb(pipeline):
        return SMALL
    rows = [
        group
        for load_id in pipeline.list_normalized_load_packages()
        for job in pipeline.get_load_package_info(load_id).jobs["new_jobs"]
        for group in _rows(job.file_path, job.file_size)
    ]
    long = sum(size for size, count in rows if size > LONG_ROW_BYTES * count)
    return SMALL if long <= LONG_BYTES and sum(size for size, _ in rows) <= SMALL_BYTES else LARGE


def _rows(path: str, size: int) -> list[tuple[int, int]]:
    """The bytes of the rows in each group of a file, before they were compressed, and how many rows that are; nobody
    counts the rows of a file of another kind, which are few.
    """
    if not path.endswith(".parquet"):
        return [(size, size)]
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    return [(group.total_byte_size, group.num_rows) for group in groups]


def lacks_memory(error: BaseException | None) -> bool:
    """Whether that is what ended a load, or a job of one."""
    return OUT_OF_MEMORY.search(str(error)) is not None


@contextmanager
def bounded(client: Any, bounds: Bounds) -> Iterator[None]:
    """DuckDB within bounds that nobody has set otherwise; what was set before is set again, for this process may have
    a connection beside ours.

    Args:
        client: dlt's, open on a DuckDB file. Its `global_config` goes before the bounds.
        bounds: what holds inside the block.
    """
    configured = {name.lower() for name in client.credentials.global_config or {}}
    names = bounds.keys() - {ALIASES.get(name, name) for name in configured}
    before = {name: client.execute_sql(f"SELECT current_setting('{name}')")[0][0] for name in names}
    try:
        for name in names:
            client.execute_sql(f"SET GLOBAL {name} = %s", bounds[name])
        yield
    finally:
        for name, value in before.items():
            # A database that a full disk has ended refuses this as well, and would hide why.
            with suppress(DatabaseException):
                client.execute_sql(f"SET GLOBAL {name} = %s", value)
