"""Which columns of which tables the fields of typed rows become; dlt itself says how they are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from dlt.common.schema import Schema

from ecommerce_pipeline.records.landing_plan import EmbeddedList, Leaf, Path, landing_tree
from ecommerce_pipeline.records.layout import RowType, Unfit
from ecommerce_pipeline.records.validation import Validator
from ecommerce_pipeline.source.columnar.arrays import BOOLEAN, DECIMAL, DOUBLE, INSTANT, INTEGER, TEXT
from ecommerce_pipeline.source.columnar.values import Values, doubtful, values_of

ROW_KEYS = ("_dlt_id", "_dlt_load_id")
ELEMENT_KEYS = ("_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_list_idx")

DATA_TYPES = {
    TEXT: "text",
    INTEGER: "bigint",
    DECIMAL: "decimal",
    INSTANT: "timestamp",
    DOUBLE: "double",
    BOOLEAN: "bool",
}


@dataclass(frozen=True, eq=False)
class Column:
    """One field on its way.

    Attributes:
        name: of the column; None for what is only looked at.
        path: the shop's names on the way to the field; empty for a list's element that is no object.
        values: makes the column.
        inherited: the path of the row's field whose value stands where an element has none of its own.
        own_fits: whether such a value can stand beside those of the row.
    """

    name: str | None
    path: Path
    values: Values
    inherited: Path | None = None
    own_fits: bool = True


@dataclass
class Table:
    """What one table gets.

    Attributes:
        name: of the table.
        columns: from fields; the others of the table are bookkeeping, or null.
        lists: tables of the lists in the rows, by the path of the list.
        resource: whose rows the elements of a list are, where they are not only a part of the row.
    """

    name: str
    resource: str | None = None
    columns: list[Column] = field(default_factory=list)
    lists: dict[Path, Table] = field(default_factory=dict)

    def check_keys(self, key: str, cursor: str) -> None:
        """Key and version of a row are read from its columns.

        Raises:
            Unfit: the profile maps them from other fields than those that it names as key and cursor.
        """
        for name, path in (("id", key), ("updated_at", cursor)):
            if not any(column.name == name and ".".join(column.path) == path for column in self.columns):
                raise Unfit(f"{name} does not come from {path}")


@dataclass(frozen=True)
class Plan:
    """Where the rows of one type land.

    Attributes:
        kind: their type.
        table: of the rows, with the tables of their lists.
        version: of the schema that it was made for.
    """

    kind: RowType
    table: Table
    version: str


def plan(
    kind: RowType, validator: Validator, schema: Schema, table: str, embedded: Sequence[EmbeddedList] = ()
) -> Plan:
    """The plan for rows of one type.

    Args:
        kind: the type.
        validator: of the resource.
        schema: dlt's, as far as it is known.
        table: of the resource.
        embedded: lists in the rows that are rows of other resources.

    Raises:
        Unfit: they have to go as single records.
    """
    tree = landing_tree(kind, validator, embedded)
    root = Table(table)
    by_name = {table: root}
    validators: dict[Path, Validator] = {(each.field,): each.validator for each in embedded}
    for (name, _, _), row in schema.data_item_normalizer.normalize_data_item(tree, "", table):
        target = by_name.setdefault(name, Table(name))
        for column, leaf in row.items():
            _place(leaf, column, target, root, validators.get(_outermost(leaf), validator), schema)
    for each in embedded:
        if (each.field,) in root.lists:
            root.lists[(each.field,)].resource = each.name
    _check_tables(schema, root, by_name)
    return Plan(kind, root, schema.version_hash or "")


def _outermost(leaf: Any) -> Path:
    return leaf.lists[0] if isinstance(leaf, Leaf) and leaf.lists else ()


def _check_tables(schema: Schema, root: Table, by_name: dict[str, Table]) -> None:
    _check_keyed(schema, root.name, ROW_KEYS)
    waiting, met = list(root.lists.values()), 1
    for table in waiting:
        _check_keyed(schema, table.name, ELEMENT_KEYS)
        waiting += table.lists.values()
        met += 1
    if met < len(by_name):
        raise Unfit("a list whose elements have no value")


def _check_keyed(schema: Schema, table: str, keys: Iterable[str]) -> None:
    """A table that was made and got no row yet has none of dlt's own columns; its first rows go as records."""
    known = schema.get_table_columns(table) if table in schema.tables else {}
    if missing := [key for key in keys if key not in known]:
        raise Unfit(f"{table} has no {missing[0]} yet")


def _place(leaf: Any, column: str, target: Table, root: Table, validator: Validator, schema: Schema) -> None:
    if not isinstance(leaf, Leaf):
        if isinstance(leaf, dict | list):
            raise Unfit(f"{column} is nested too deep for columns")
        return  # dlt's own keys
    if leaf.lists:
        _owner(root, leaf.lists).lists[leaf.lists[-1]] = target
    if leaf.field is None and not leaf.node.filled:
        return  # null each time
    try:
        values = values_of(leaf, validator.canonicaliser.mapping, validator.id_type)
        _check_known(schema, target.name, column, values.kind)
        target.columns.append(Column(column, leaf.path, values, leaf.inherited, leaf.own_fits))
    except Unfit:
        # Rows that have such a field go on their own; one field is no reason for all others to do so.
        target.columns.append(Column(None, leaf.path, doubtful(leaf), leaf.inherited, leaf.own_fits))


def _owner(root: Table, lists: Sequence[Path]) -> Table:
    """The table whose rows have the last of some nested lists."""
    table = root
    for path in lists[:-1]:
        if path not in table.lists:
            raise Unfit("a list whose elements have no value but lists")
        table = table.lists[path]
    return table


def _check_known(schema: Schema, table: str, column: str, kind: pa.DataType) -> None:
    """What dlt has not seen yet goes as single records, so that dlt itself says what becomes of it."""
    known = schema.tables.get(table, {}).get("columns", {}).get(column, {})
    if known.get("data_type") != DATA_TYPES[kind]:
        raise Unfit(f"{table}.{column} is {known.get('data_type')}")
