"""The rows of one load package, on their way into tables that merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from dlt.common.libs.pyarrow import columns_to_arrow
from dlt.common.storages.load_package import ParsedLoadJobFileName

MARK = "_deleted_at"


def package_rows(paths: Sequence[str], columns: Mapping[str, Any], capabilities: Any) -> dict[str, pa.Table]:
    """What files of a package hold, by table.

    Args:
        paths: of the files, Parquet.
        columns: by table, dlt's hints for its columns; a table may have no file.
        capabilities: of the destination, as dlt tells them.
    """
    parts = {name: [columns_to_arrow(hints, capabilities).empty_table()] for name, hints in columns.items()}
    for path in paths:
        parts[ParsedLoadJobFileName.parse(PurePath(path).name).table_name].append(pq.read_table(path))
    # A file that was begun before a column came does without it; a merge leaves what it is not told of.
    return {name: pa.concat_tables(tables, promote_options="default") for name, tables in parts.items()}


def newest(rows: pa.Table, key: list[str]) -> pa.Table:
    """The last version of each row.

    Args:
        rows: each with a `_dlt_id` of its own.
        key: the columns that name a row.
    """
    if "_version" in rows.column_names:
        rows = rows.sort_by("_version")
    kept = rows.group_by(key, use_threads=False).aggregate([("_dlt_id", "last")])["_dlt_id_last"]
    return rows.filter(pc.is_in(rows["_dlt_id"], kept.combine_chunks()))


def not_outdated(rows: pa.Table, stored: pa.Table) -> pa.Table:
    """The rows of which the table has no newer version.

    Args:
        rows: with `id` and `updated_at`.
        stored: what the table has under the same ids.
    """
    place = pc.index_in(rows["id"], stored["id"].combine_chunks())
    newer = pc.greater(stored["updated_at"].combine_chunks().take(place), rows["updated_at"])
    return rows.filter(pc.invert(pc.fill_null(newer, False)))


def with_marks(elements: pa.Table, rows: pa.Table) -> pa.Table:
    """The elements of lists that belong to some rows; they are as deleted as their rows.

    Args:
        elements: of the lists.
        rows: their `_dlt_id` is the elements' `_dlt_root_id`.
    """
    place = pc.index_in(elements["_dlt_root_id"], rows["_dlt_id"].combine_chunks())
    kept = pc.is_valid(place)
    if MARK not in elements.column_names:
        return elements.filter(kept)
    marks = rows[MARK].take(place.filter(kept))
    number = elements.column_names.index(MARK)
    return elements.filter(kept).set_column(number, elements.schema.field(MARK), marks)
