"""A plain reader of the demo shop: it follows pages as a trusting program would."""

from __future__ import annotations

from typing import Any

import requests

from ecommerce_pipeline.demo import DemoShop

Row = dict[str, Any]
SMALL = {"customers": 30, "products": 10, "orders": 50}


class Client:
    """One session with the shop's key."""

    def __init__(self, shop: DemoShop, address: str) -> None:
        self.shop = shop
        self.address = address
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {shop.options.token}"

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(f"{self.address}{path}", params=query, timeout=10)

    def rows(self, resource: str, **query: Any) -> list[Row]:
        """All rows of a list, page after page."""
        rows: list[Row] = []
        step: dict[str, Any] | str | None = {}
        while step is not None:
            response = (
                self.session.get(step, timeout=10)
                if isinstance(step, str)
                else self.get(f"/api/{resource}", **query, **step)
            )
            found = response.json()["data"]
            rows.extend(found)
            step = self._next(response, len(rows)) if found else None
        return rows

    def _next(self, response: requests.Response, read: int) -> dict[str, Any] | str | None:
        body = response.json()
        styles: dict[str, dict[str, Any] | str | None] = {
            "page_number": {"page": body.get("page", 0) + 1},
            "offset": {"offset": read},
            "cursor": {"cursor": body["next_cursor"]} if body.get("next_cursor") else None,
            "header_link": response.links.get("next", {}).get("url"),
            "json_link": body.get("next"),
        }
        return styles[self.shop.options.paging]
