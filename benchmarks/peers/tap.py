"""A Singer tap for the shop, built with singer-sdk as its documentation shows. Usage: tap.py --config FILE."""

from __future__ import annotations

from typing import Any

import requests
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import PageNumberPaginator

PAGE_SIZE = 100

_PLACE = tuple(th.Property(name, th.StringType) for name in ("street", "city", "postal_code", "country"))
_TIMES = tuple(th.Property(name, th.DateTimeType) for name in ("created_at", "updated_at"))
_GEO = th.ObjectType(th.Property("lat", th.StringType), th.Property("lng", th.StringType))


def _properties(kind: type[th.JSONTypeHelper[Any]], *names: str) -> tuple[th.Property[Any], ...]:
    return tuple(th.Property(name, kind) for name in names)


SCHEMAS = {
    "customers": th.PropertiesList(
        *_properties(th.IntegerType, "id"),
        *_properties(th.StringType, "email", "first_name", "last_name", "phone", "status"),
        th.Property("address", th.ObjectType(*_PLACE, th.Property("geo", _GEO))),
        th.Property("addresses", th.ArrayType(th.ObjectType(th.Property("kind", th.StringType), *_PLACE))),
        *_TIMES,
    ),
    "orders": th.PropertiesList(
        *_properties(th.IntegerType, "id", "customer_id"),
        *_properties(th.StringType, "status", "currency", "subtotal_amount", "discount_amount", "tax_amount"),
        *_properties(th.StringType, "shipping_amount", "refunded_amount", "total_amount"),
        th.Property("placed_at", th.DateTimeType),
        th.Property("shipping_address", th.ObjectType(*_PLACE)),
        th.Property("tags", th.ArrayType(th.StringType)),
        *_TIMES,
    ),
    "order_items": th.PropertiesList(
        *_properties(th.IntegerType, "id", "order_id", "product_id", "quantity"),
        *_properties(th.StringType, "unit_price", "discount_amount", "line_amount"),
        *_TIMES,
    ),
}


class Pages(PageNumberPaginator):
    """Turns pages until one is empty."""

    def has_more(self, response: requests.Response) -> bool:
        """Whether this page was not the last one."""
        return len(response.json()["data"]) == PAGE_SIZE


class ShopStream(RESTStream[int]):
    """One list of the shop."""

    records_jsonpath = "$.data[*]"
    primary_keys = ("id",)
    replication_key = "updated_at"
    is_sorted = True

    @property
    def url_base(self) -> str:
        """Where the shop is."""
        return str(self.config["address"])

    def get_new_paginator(self) -> Pages:
        """Begin with the first page."""
        return Pages(1)

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:
        """The page, and since when rows have to be changed."""
        since = self.get_starting_timestamp(context)
        filters = {"updated_since": since.isoformat()} if since else {}
        return {"page": next_page_token or 1, "page_size": PAGE_SIZE, **filters}


class TapShop(Tap):
    """The shop's lists as streams."""

    name = "tap-shop"
    config_jsonschema = th.PropertiesList(th.Property("address", th.StringType, required=True)).to_dict()

    def discover_streams(self) -> list[ShopStream]:
        """One stream for each list."""
        return [
            ShopStream(self, name=name, schema=schema.to_dict(), path=f"/{name}")
            for name, schema in SCHEMAS.items()
        ]


if __name__ == "__main__":
    TapShop.cli()
