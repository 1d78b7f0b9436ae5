"""The columns of models, as the warehouse tells them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def columns_of(client: Any, schema: str, table: str) -> dict[str, pa.DataType]:
    """The columns of a model in their order, with the types that they have in every warehouse; none where there is
    no such model.

    Args:
        client: dlt's, open.
        schema: of the model.
        table: its name.
    """
    found = client.execute_sql(
        "SELECT column_name, data_type, numeric_precision, numeric_scale FROM information_schema.columns"
        " WHERE lower(table_schema) = %s AND lower(table_name) = %s ORDER BY ordinal_position",
        schema.lower(),
        table,
    )
    return {
        name.lower(): _type(kind.lower(), precision, scale) for name, kind, precision, scale in found or []
    }


def _type(kind: str, precision: int | None, scale: int | None) -> pa.DataType:
    if "timestamp" in kind:
        return pa.timestamp("us")
    if kind.startswith(("number", "numeric", "decimal")):
        return pa.decimal128(int(precision or 38), int(scale)) if scale else pa.int64()
    known = {"date": pa.date32(), "boolean": pa.bool_()}
    if kind in known:
        return known[kind]
    if "int" in kind:
        return pa.int64()
    return pa.float64() if kind.startswith(("double", "float", "real")) else pa.string()
