"""Runs of the pipeline in this process, against a demo shop, into a warehouse of the test's own."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import Outcome, run
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.profile_file import PROFILES
from tests.support.doors import Door, DuckDbFile, opened

PAGING: dict[str, dict[str, Any]] = {
    "page_number": {"type": "page_number", "page_param": "page", "base_page": 1, "total_path": "total"},
    "offset": {"type": "offset", "offset_param": "offset", "total_path": "total"},
    "cursor": {
        "type": "cursor",
        "cursor_path": "next_cursor",
        "cursor_param": "cursor",
        "total_path": "total",
    },
    "header_link": {"type": "header_link", "total_path": "total"},
    "json_link": {"type": "json_link", "next_url_path": "next", "total_path": "total"},
}
SIZE_PARAM = {"page_number": "page_size", "header_link": "page_size", "json_link": "page_size"}


class Warehouse:
    """A folder with the pipeline's working files, a profile for one demo shop, and the door to a warehouse; without
    one it is a DuckDB file in the folder.
    """

    def __init__(
        self, folder: Path, shop: DemoShop, monkeypatch: pytest.MonkeyPatch, door: Door | None = None
    ) -> None:
        self.folder = folder
        self.shop = shop
        self.door = door or DuckDbFile(folder)
        self.enter(monkeypatch)

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this folder the present one, with its own configuration in the environment."""
        monkeypatch.chdir(self.folder)
        monkeypatch.setenv("DLT_DATA_DIR", str(self.folder / "dlt"))
        self.door.enter(monkeypatch)
        monkeypatch.setenv("PIPELINES__ECOMMERCE__DESTINATION_NAME", "raw")
        monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        monkeypatch.setenv("LOAD__TRUNCATE_STAGING_DATASET", "true")

    def profile(self, **changes: Any) -> Path:
        """A profile file like the demo's, with other values at its top or in its tables."""
        document = tomllib.loads((PROFILES / "demo.toml").read_text("utf-8"))
        paging = self.shop.options.paging
        document["paging"] = dict(PAGING[paging])
        document["page_size_param"] = SIZE_PARAM.get(paging, "limit")
        document["order"] = self.shop.options.sort.replace("updated_at", "cursor")
        document["cursor"] |= {"precision": self.shop.options.precision, "lag_seconds": 0.0}
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(document.get(key), dict):
                document[key] = {
                    name: item for name, item in (document[key] | value).items() if item is not None
                }
            else:
                document[key] = value
        path = self.folder / "profile.toml"
        path.write_text(tomlkit.dumps(document), "utf-8")
        return path

    def settings(self, address: str, profile: Path, **changes: Any) -> Settings:
        """Settings for quick tests: short pauses, the shop's own key."""
        settings = Settings(
            shop=str(profile),
            shop_base_url=f"{address}/api",
            shop_token=self.shop.options.token,
            backoff_seconds=0.01,
            backoff_max_seconds=0.05,
            request_attempts=8,
            archive=False,
        )
        return dataclasses.replace(settings, **{**self.door.settings, **changes})

    def run(
        self, address: str, request: Request | None = None, profile: Path | None = None, **settings: Any
    ) -> Outcome:
        """One run; every row must be accounted for."""
        found = self.settings(address, profile or self.profile(), **settings)
        outcome = run(request or Request(), found)
        for account in outcome.accounts:
            assert account.fetched == account.loaded + account.rejected_rows + account.repeated, account
        assert outcome.complete
        return outcome

    @property
    def database(self) -> Path:
        """A DuckDB file with all that is in the warehouse; where that is DuckDB, the warehouse itself."""
        return self.door.database()

    def connected(self) -> Any:
        """A block in which the warehouse can be changed, by statements in DuckDB's dialect."""
        return self.door.connected()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query in DuckDB's dialect, instants in UTC."""
        with opened(self.database) as connection:
            return connection.execute(sql).fetchall()

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The same with the columns' names."""
        with opened(self.database) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
