"""One journey of a warehouse: what a year brings, in a minute. Each step is told by its name."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ecommerce_pipeline.demo import DemoShop
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.replay.run import replay_archive
from tests.support.checked import repaired, swept, verified
from tests.support.warehouse import Warehouse

SIZES = {"customers": 40, "products": 20, "orders": 90}
OPTIONS: dict[str, Any] = {"sizes": SIZES, "page_size": 20, "tombstones": True, "invalid_share": 0.05}

Step = tuple[str, Callable[[DemoShop], None], Callable[[Warehouse, str, Path], Any]]


def _nothing(shop: DemoShop) -> None:
    """Nobody buys."""


def _edits(shop: DemoShop) -> None:
    chance = Random(7)
    for _ in range(25):
        shop.touch_random(chance)


def _new_field(shop: DemoShop) -> None:
    for row in shop.truth("orders")[:5]:
        shop.update("orders", row["id"], gift_note=f"for {row['id']}", weight=1.25)


def _shrinking_lists(shop: DemoShop) -> None:
    tagged = [row for row in shop.truth("orders") if row["tags"]]
    for number, row in enumerate(tagged[:6]):
        shop.update("orders", row["id"], tags=row["tags"][: number % 2])


def _deletions(shop: DemoShop) -> None:
    for name in ("customers", "orders", "payments"):
        shop.delete(name, shop.truth(name)[3]["id"])


def _load(warehouse: Warehouse, address: str, profile: Path) -> Any:
    return warehouse.run(address, profile=profile, archive=True, archive_address="archive")


def _replay(warehouse: Warehouse, address: str, profile: Path) -> Any:
    settings = warehouse.settings(address, profile, archive=True, archive_address="archive")
    return replay_archive(Request(), settings)


def _verify(warehouse: Warehouse, address: str, profile: Path) -> Any:
    assert verified(warehouse, address, profile=profile) == {}


def _mend(warehouse: Warehouse, address: str, profile: Path) -> Any:
    with warehouse.connected() as connection:
        connection.execute("DELETE FROM ecommerce.orders WHERE id < 9")
        connection.execute("UPDATE ecommerce.payments SET _content_hash = 'other' WHERE id < 5")
    repaired(warehouse, address, profile=profile)


def _wiped(warehouse: Warehouse, address: str, profile: Path) -> Any:
    shutil.rmtree(warehouse.folder / "dlt")
    return _load(warehouse, address, profile)


def _swept(warehouse: Warehouse, address: str, profile: Path) -> Any:
    return swept(warehouse, address, profile)


STEPS: tuple[Step, ...] = (
    ("first load", _nothing, _load),
    ("nothing new", _nothing, _load),
    ("edits", _edits, _load),
    ("a new field", _new_field, _load),
    ("lists that shrink", _shrinking_lists, _load),
    ("deletions", _deletions, _load),
    ("verify", _nothing, _verify),
    ("damage mended", _nothing, _mend),
    ("archive replayed", _nothing, _replay),
    ("local state wiped", _nothing, _wiped),
    ("swept", _nothing, _swept),
)


LOADS = tuple(step for step in STEPS if step[2] in (_load, _wiped))
"""Those in which nothing but new rows comes."""


def travelled(
    shop: DemoShop,
    warehouses: list[Warehouse],
    monkeypatch: pytest.MonkeyPatch,
    steps: tuple[Step, ...] = STEPS,
) -> Iterator[tuple[str, list[Any]]]:
    """Take warehouses on the journey, side by side; gives the name of each step and what it gave for each of them."""
    with shop.serve() as address:
        for name, happening, work in steps:
            happening(shop)
            found = []
            for warehouse in warehouses:
                warehouse.enter(monkeypatch)
                found.append(work(warehouse, address, warehouse.profile(tombstone="deleted_at")))
            yield name, found
