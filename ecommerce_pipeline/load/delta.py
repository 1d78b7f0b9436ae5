"""Delta tables of a lake: one package's rows of a table merged by key, and the elements of their lists with them.

dlt's own merge commits each table for itself and leaves the elements of lists that became shorter. Here the commit of
the rows decides for their lists as well: each version of a row has a `_dlt_id` of its own, which its elements
name. They come before it, and those of the version that it replaces go after it, so that whoever joins them with their
rows sees the old ones until that commit, and the new ones from then on.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import deltalake
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from dlt.common.libs.deltalake import deltalake_storage_options
from dlt.destinations.impl.filesystem.filesystem import ReferenceFollowupJob

from ecommerce_pipeline.load.delta_rows import newest, not_outdated, package_rows, with_marks

if TYPE_CHECKING:
    from ecommerce_pipeline.load.lake import LakeClient

LOAD = "load_id"
"""Where a commit names the load that it belongs to."""


NONE = pa.array([], pa.string())


class MergedTable:
    """One Delta table, changed by one load.

    Args:
        client: knows where it is.
        name: of the table.
        load_id: of the package; stands in the commits.

    Attributes:
        last_load: the load that had written before this one; None where there was no table.
    """

    def __init__(self, client: LakeClient, name: str, load_id: str) -> None:
        config, columns = client.config, client.schema.tables[name]["columns"].items()
        self._parts = [column for column, hints in columns if hints.get("partition")]
        self._uri = client.get_open_table_location("delta", name)
        self._options = deltalake_storage_options(config.credentials, config.deltalake_storage_options)
        self._properties = config.deltalake_configuration
        self._load_id = load_id
        self._commit = deltalake.CommitProperties(custom_metadata={LOAD: load_id})
        self._table = self._opened()
        commits = self._table.history(1) if self._table else []
        self.last_load = str(commits[0].get(LOAD)) if commits else None

    def add(self, rows: pa.Table) -> None:
        """Add rows, unless this load has done so before it failed; where there is no table it is made."""
        if self._table is None or (rows.num_rows and self.last_load != self._load_id):
            deltalake.write_deltalake(
                self._table or self._uri,
                rows,
                mode="append",
                schema_mode="merge",
                partition_by=self._parts or None,
                storage_options=self._options,
                configuration=self._properties,
                commit_properties=self._commit,
            )
        self._table = self._table or self._opened()

    def merge(self, rows: pa.Table, key: list[str]) -> None:
        """Put rows in place of those that have the same key."""
        if self._table is None:
            self.add(rows)
        elif rows.num_rows:
            merger = self._table.merge(
                rows,
                " AND ".join(f'target."{name}" = source."{name}"' for name in key),
                source_alias="source",
                target_alias="target",
                merge_schema=True,
                streamed_exec=False,  # lets files be passed over that have none of the keys
                commit_properties=self._commit,
            )
            merger.when_matched_update_all().when_not_matched_insert_all().execute()

    def delete(self, column: str, values: pa.Array) -> None:
        """Delete the rows that have one of some values in a column."""
        if self._table and len(values):
            merger = self._table.merge(
                pa.table({"value": values}),
                f'target."{column}" = source.value',
                source_alias="source",
                target_alias="target",
                commit_properties=self._commit,
            )
            merger.when_matched_delete().execute()

    def values(self, column: str) -> pa.Array:
        """The different values of a column."""
        if self._table is None:
            return NONE
        return pc.unique(self._table.to_pyarrow_dataset().to_table([column])[column].combine_chunks())

    def stored(self, rows: pa.Table, columns: list[str]) -> pa.Table:
        """Some columns of what stands in the table under the `id`s of some rows."""
        if self._table is None:
            return rows.slice(0, 0).select(columns)
        chosen = ds.field("id").isin(rows["id"].combine_chunks())
        return self._table.to_pyarrow_dataset().to_table(columns, filter=chosen)

    def _opened(self) -> deltalake.DeltaTable | None:
        there = deltalake.DeltaTable.is_deltatable(self._uri, self._options)
        return deltalake.DeltaTable(self._uri, storage_options=self._options) if there else None


class MergeOfAPackage(ReferenceFollowupJob):
    """dlt's job for what a package has for one table and the tables of its lists."""

    _job_client: LakeClient

    def run(self) -> None:
        """Merge it. Run again, or after a load that ended anywhere, it leaves the same."""
        client, tables = self._job_client, self._schema.tables
        root, *lists = client.chain(self.load_table_name)
        self._tables = {name: MergedTable(client, name, self._load_id) for name in (root, *lists)}
        key = [name for name, column in tables[root]["columns"].items() if column.get("primary_key")]
        columns = {name: tables[name]["columns"] for name in self._tables}
        found = package_rows(self.file_paths, columns, client.capabilities)
        rows, replaced = newest(found[root], key).combine_chunks(), NONE
        if "updated_at" in columns[root]:  # an account or a refused record is as new as it comes
            stored = self._tables[root].stored(rows, ["id", "updated_at", "_dlt_id"])
            rows = not_outdated(rows, stored).combine_chunks()
            replaced = stored.filter(pc.is_in(stored["id"], rows["id"].combine_chunks()))["_dlt_id"]
        torn = self._is_torn(client.complete_loads())
        for name in lists:
            self._tables[name].add(with_marks(found[name], rows))
        self._tables[root].merge(rows, key)
        if lists and torn:
            self._delete_orphans(root, lists)
        for name in lists:
            self._tables[name].delete("_dlt_root_id", _without(replaced, rows["_dlt_id"]))

    def _is_torn(self, complete: Collection[str]) -> bool:
        """Whether a load that did not end was the last one to write: which rows it replaced is not known any more."""
        loads = {table.last_load for table in self._tables.values()} - {None}
        return not loads <= set(complete)

    def _delete_orphans(self, root: str, lists: list[str]) -> None:
        there = self._tables[root].values("_dlt_id")
        for name in lists:
            table = self._tables[name]
            table.delete("_dlt_root_id", _without(table.values("_dlt_root_id"), pa.chunked_array([there])))


def _without(values: Any, others: pa.ChunkedArray) -> Any:
    return values.filter(pc.invert(pc.is_in(values, others.combine_chunks())))
