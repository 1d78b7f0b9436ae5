"""A demo shop and a warehouse for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop, ShopOptions
from tests.support.doors import Door, DuckDbFile, postgres, snowflake
from tests.support.doors.lake import Lake
from tests.support.doors.postgres import PostgresDatabase
from tests.support.verbatim import VerbatimShop, VerbatimWarehouse
from tests.support.warehouse import Warehouse

SMALL = {"customers": 60, "products": 40, "orders": 150}

SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "duckdb": lambda: nullcontext(""),
    "postgres": postgres.served,
    "snowflake": snowflake.served,
    "snowflake-live": snowflake.live,
    "lake": lambda: nullcontext(""),
    "delta": lambda: nullcontext(""),
}
DOORS: dict[str, Callable[[str, Path], Door]] = {
    "duckdb": lambda _, folder: DuckDbFile(folder),
    "postgres": PostgresDatabase,
    "snowflake": snowflake.emulated,
    "snowflake-live": snowflake.in_account,
    "lake": lambda _, folder: Lake(str(folder / "lake"), folder),
    "delta": lambda _, folder: Lake(str(folder / "lake"), folder, "delta"),
}

BY_SQL = pytest.mark.door("duckdb", "postgres", "snowflake", "snowflake-live")
"""What asks or changes rows by SQL, or rests on rows being known to the warehouse: a lake has files."""

EXCLUDED = "DBT_EXCLUDE_RESOURCE_TYPES"
"""The variable that tells dbt what to leave out of a build."""

OpenShop = Callable[..., tuple[DemoShop, Warehouse]]


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the warehouse's server; empty where it is a file."""
    name = request.config.getoption("door")
    with SERVERS[name]() as address:
        yield address


@pytest.fixture
def door(request: pytest.FixtureRequest, server: str, tmp_path: Path) -> Iterator[Door]:
    """A warehouse for one test."""
    opened = DOORS[request.config.getoption("door")](server, tmp_path)
    yield opened
    if isinstance(opened, PostgresDatabase):
        opened.drop()


@pytest.fixture
def open_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: Door) -> OpenShop:
    """Opens a small shop with some options and the warehouse that reads it."""

    def opened(**options: Any) -> tuple[DemoShop, Warehouse]:
        shop = DemoShop(ShopOptions(**{"sizes": SMALL, "page_size": 20, **options}))
        return shop, Warehouse(tmp_path, shop, monkeypatch, door)

    return opened


@pytest.fixture
def verbatim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: Door
) -> tuple[VerbatimShop, VerbatimWarehouse]:
    """A shop that serves what it is told, and the warehouse that reads it."""
    return VerbatimShop(), VerbatimWarehouse(tmp_path, monkeypatch, door)


@pytest.fixture
def models_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds without the models' own tests, which take most of their time."""
    monkeypatch.setenv(EXCLUDED, "test unit_test")
