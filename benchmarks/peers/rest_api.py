"""dlt's own `rest_api` source. Usage: rest_api.py ADDRESS DATABASE [tuned].

As its documentation shows it, or `tuned` by everything that was found to help (its environment stands in
`contenders.py`): parquet, working files that are not compressed, lists side by side, large buffers, types declared.
"""

from __future__ import annotations

import sys
from typing import Any

import dlt
from dlt.common import jsonpath
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.typing import RESTAPIConfig

PAGE_SIZE = 100
FIRST_INSTANT = "2000-01-01T00:00:00Z"

_INSTANTS = ("created_at", "updated_at", "placed_at")
_PLACE = ("street", "city", "postal_code", "country")
_TEXTS = {
    "customers": (
        *("email", "first_name", "last_name", "phone", "status", "address__geo__lat", "address__geo__lng"),
        *(f"address__{part}" for part in _PLACE),
    ),
    "orders": ("status", "currency", *(f"shipping_address__{part}" for part in _PLACE)),
    "order_items": (),
}
_AMOUNTS = (
    "subtotal_amount",
    "discount_amount",
    "tax_amount",
    "shipping_amount",
    "refunded_amount",
    "total_amount",
)
_MONEY = {
    "customers": (),
    "orders": _AMOUNTS,
    "order_items": ("unit_price", "discount_amount", "line_amount"),
}
_NUMBERS = {
    "customers": ("id",),
    "orders": ("id", "customer_id"),
    "order_items": ("id", "order_id", "product_id", "quantity"),
}


def columns(name: str) -> TTableSchemaColumns:
    """The types of a list's columns, so that none has to be found out."""
    kinds: dict[str, Any] = {
        **dict.fromkeys(_NUMBERS[name], "bigint"),
        **dict.fromkeys(_TEXTS[name], "text"),
        **dict.fromkeys(_MONEY[name], "text"),
        **dict.fromkeys(_INSTANTS, "text"),
    }
    return {column: {"name": column, "data_type": kind} for column, kind in kinds.items()}


def configuration(address: str, tuned: bool) -> RESTAPIConfig:
    """The three lists, read from the newest row on and merged by key."""
    resources: list[Any] = [
        {
            "name": name,
            "endpoint": {
                "path": name,
                "params": {"page_size": PAGE_SIZE},
                "incremental": {
                    "cursor_path": "updated_at",
                    "start_param": "updated_since",
                    "initial_value": FIRST_INSTANT,
                },
            },
            **({"columns": columns(name), "parallelized": True, "max_table_nesting": 1} if tuned else {}),
        }
        for name in ("customers", "orders", "order_items")
    ]
    return {
        "client": {
            "base_url": address,
            "paginator": {"type": "page_number", "base_page": 1, "page_param": "page", "total_path": None},
        },
        "resource_defaults": {
            "primary_key": "id",
            "write_disposition": "merge",
            # dlt translates a path that is a text for every page, which takes longer than all the rest.
            "endpoint": {"data_selector": jsonpath.compile_path("data") if tuned else "data"},
        },
        "resources": resources,
    }


def main(address: str, database: str, tuned: bool) -> None:
    """Load what changed since the newest row that is there."""
    source = rest_api_source(configuration(address, tuned), parallelized=tuned)
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir="pipelines",
        destination=dlt.destinations.duckdb(database),
        dataset_name="shop",
    )
    options: dict[str, Any] = {"loader_file_format": "parquet"} if tuned else {}
    pipeline.run(source, **options)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "tuned" in sys.argv)
