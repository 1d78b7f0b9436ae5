"""The tables as SQL, generated from the schema in use, for those who make or review tables before the first load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlt.common.destination import Destination
from dlt.common.normalizers.naming import NamingConvention
from dlt.common.pipeline import get_dlt_pipelines_dir
from dlt.common.schema import Schema
from dlt.common.schema.typing import TColumnSchema, TTableSchema
from dlt.common.schema.utils import get_columns_names_with_prop, is_nested_table

from ecommerce_pipeline.load.destination import PIPELINE
from ecommerce_pipeline.load.layout import Layout, layout_of
from ecommerce_pipeline.load.opening import begin_without_shop
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.requirements import DATASET
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.source import ecommerce

KEYS_THAT_REFUSE = """\
-- No primary keys: DuckDB checks them before a transaction ends, so that no row could be replaced by a newer version
-- (https://duckdb.org/docs/stable/sql/indexes).
"""

ADDED: dict[str, TColumnSchema] = {
    "_dlt_load_id": {"name": "_dlt_load_id", "data_type": "text", "nullable": False},
    "_dlt_id": {"name": "_dlt_id", "data_type": "text", "nullable": False},
}
"""dlt's own columns of a table of rows; it adds them with the first row."""


def statements(dialect: str, settings: Settings) -> Iterator[str]:
    """A `CREATE` for the dataset and for each table, with the types, keys and layout of a dialect.

    Args:
        dialect: duckdb, postgres, redshift or snowflake.
        settings: name the shop.

    The tables are those of the last load from this folder; before the first one those that the shop's profile declares.
    """
    written = Written(dialect, DATASET, layout_of(dialect))
    if dialect == "duckdb":
        yield KEYS_THAT_REFUSE
    yield written.dataset()
    for table in _schema(settings).data_tables(include_incomplete=True):
        yield written.loaded_table(table)


def _schema(settings: Settings) -> Schema:
    file = Path(get_dlt_pipelines_dir()) / PIPELINE / "schemas" / f"{PIPELINE}.schema.json"
    if file.is_file():  # read as it stands: a run may be at work beside this
        return Schema.from_dict(json.loads(file.read_text("utf-8")))
    declared: Schema = ecommerce(begin_without_shop(Request(), settings, Clocks())).discover_schema()
    return declared


class Written:
    """Tables in one dialect.

    Args:
        dialect: duckdb, postgres, redshift or snowflake.
        dataset: the schema in which they stand.
        layout: how large ones lie.
    """

    def __init__(self, dialect: str, dataset: str, layout: Layout) -> None:
        destination: Any = Destination.from_reference(dialect)
        self._dialect = dialect
        self._dataset = dataset
        self._capabilities = destination.capabilities()
        self._types = self._capabilities.get_type_mapper()
        self._layout = layout

    def dataset(self) -> str:
        """The statement that makes the schema."""
        return f"CREATE SCHEMA IF NOT EXISTS {self.name(self._dataset)};\n"

    def name(self, name: str) -> str:
        """An identifier as the loader writes it. One that was loaded elsewhere and is longer than the dialect takes is
        shortened; the loader may write other digits there, made of the name that the shop gave it.
        """
        short = NamingConvention.shorten_identifier(name, name, self._capabilities.max_identifier_length)
        escaped: str = self._capabilities.escape_identifier(self._capabilities.casefold_identifier(short))
        return escaped

    def loaded_table(self, table: TTableSchema) -> str:
        """The statement that makes a table into which dlt loads."""
        nested = is_nested_table(table)
        return self.table({**table, "columns": {**table["columns"], **({} if nested else ADDED)}}, nested)

    def table(self, table: TTableSchema, nested: bool = False) -> str:
        """The statement that makes a table.

        Args:
            table: with the types and keys of its columns.
            nested: whether its rows are elements of a list.
        """
        name, columns = str(table["name"]), table["columns"]
        lines = [self._column(column, table) for column in columns.values() if "data_type" in column]
        if self._dialect != "duckdb":
            keys = ["_dlt_id"] if nested else get_columns_names_with_prop(table, "primary_key")
            lines.append(f"PRIMARY KEY ({', '.join(map(self.name, keys))})")
        body = ",\n    ".join(lines)
        qualified = f"{self.name(self._dataset)}.{self.name(name)}"
        return f"CREATE TABLE IF NOT EXISTS {qualified} (\n    {body}\n){self._lies(name)};\n"

    def _column(self, column: TColumnSchema, table: TTableSchema) -> str:
        kind = self._types.to_destination_type(column, table)
        return f"{self.name(str(column['name']))} {kind}{'' if column.get('nullable', True) else ' NOT NULL'}"

    def _lies(self, table: str) -> str:
        """How its rows are kept together."""
        hints = self._layout.get(table, {})
        by = {
            kind: [self.name(name) for name, hint in hints.items() if kind in hint]
            for kind in ("cluster", "sort")
        }
        if self._dialect == "snowflake":
            return f" CLUSTER BY ({', '.join(by['cluster'])})" if by["cluster"] else ""
        distributed = f" DISTKEY ({by['cluster'][0]})" if by["cluster"] else ""
        return distributed + (f" SORTKEY ({', '.join(by['sort'])})" if by["sort"] else "")
