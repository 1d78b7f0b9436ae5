"""G3: a long reading is committed in steps; a run that is stopped between two of them costs one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dlt
import pytest

from ecommerce_pipeline.demo import DemoShop, Faults
from ecommerce_pipeline.errors import ShopUnreachable
from ecommerce_pipeline.source.list_reader import SLICES
from tests.contract.conftest import OpenShop
from tests.support.truth import RESOURCES, differences
from tests.support.warehouse import Warehouse

ROWS, PAGE = 200, 20
pytestmark = pytest.mark.server

LOADED = "SELECT " + " + ".join(f"(SELECT count(*) FROM ecommerce.{name})" for name in RESOURCES)


def _after_loads(monkeypatch: pytest.MonkeyPatch, loads: int, happens: Callable[[], None]) -> None:
    """Something happens when a run has loaded so many packages and is about to load the next."""
    real = dlt.Pipeline.load
    done: list[Any] = []

    def load(self: dlt.Pipeline, *args: Any, **options: Any) -> Any:
        if len(done) == loads:
            happens()
        done.append(real(self, *args, **options))
        return done[-1]

    monkeypatch.setattr(dlt.Pipeline, "load", load)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _stopped_run(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> tuple[DemoShop, Warehouse, str, Any]:
    """A first load that is stopped after two of its steps; the shop, its address and profile."""
    shop, warehouse = open_shop(**options)
    address, profile = shop.start(), warehouse.profile(page_size=PAGE)
    with monkeypatch.context() as patch:
        _after_loads(patch, 2, _interrupt)
        with pytest.raises(KeyboardInterrupt):
            warehouse.run(address, profile=profile, checkpoint_rows=ROWS)
    return shop, warehouse, address, profile


def test_a_long_reading_is_loaded_in_steps_and_accounted_for_once(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.1)
    with shop.serve() as address:
        outcome = warehouse.run(address, profile=warehouse.profile(page_size=PAGE), checkpoint_rows=ROWS)
    assert len(outcome.packages) >= 5
    assert differences(shop, warehouse.database) == []
    stored = warehouse.query(
        "SELECT resource, fetched, loaded, rejected, repeated, state FROM ecommerce.pipeline_runs"
    )
    assert sorted(stored) == sorted(
        (a.resource, a.fetched, a.loaded, a.rejected_rows, a.repeated, "loaded") for a in outcome.accounts
    )


@pytest.mark.parametrize(
    ("paging", "sort"),
    [
        ("page_number", "updated_at"),
        *(
            pytest.param(*style, marks=pytest.mark.reader)
            for style in (("json_link", "updated_at"), ("offset", "id"), ("cursor", "id"))
        ),
    ],
)
def test_a_stopped_first_load_goes_on_from_its_last_step(
    open_shop: OpenShop,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    paging: str,
    sort: str,
) -> None:
    shop, warehouse, address, profile = _stopped_run(open_shop, monkeypatch, paging=paging, sort=sort)
    outcome = warehouse.run(address, profile=profile, checkpoint_rows=ROWS)
    whole = sum(shop.count(name) for name in RESOURCES)
    # Two steps are committed, the third was fetched and is loaded first. Every list repeats two pages or a slice.
    again = len(RESOURCES) * max(2 * PAGE, ROWS // SLICES)
    assert sum(account.fetched for account in outcome.accounts) <= whole - 3 * ROWS + again
    assert "was stopped after a checkpoint; this run goes on from there" in caplog.text
    assert differences(shop, warehouse.database) == []
    shop.stop()


def test_writes_between_two_steps_are_not_lost(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, warehouse, address, profile = _stopped_run(open_shop, monkeypatch, writes_per_request=1)
    for _ in range(50):
        shop.touch_random()
    warehouse.run(address, profile=profile, checkpoint_rows=ROWS)
    shop.change(writes_per_request=0)
    warehouse.run(address, profile=profile, checkpoint_rows=ROWS)
    assert differences(shop, warehouse.database) == []
    shop.stop()


@pytest.mark.reader
def test_a_shop_that_goes_away_costs_one_step_and_the_account_says_so(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop()
    profile = warehouse.profile(page_size=PAGE)
    away = Faults(server_error=1.0, most_in_a_row=100)
    with shop.serve() as address:
        with monkeypatch.context() as patch:
            _after_loads(patch, 2, lambda: shop.change(faults=away))
            with pytest.raises(ShopUnreachable):
                # One after the other: what is read ahead would be this whole small shop.
                warehouse.run(
                    address, profile=profile, checkpoint_rows=ROWS, request_attempts=1, connections=1
                )
        shop.change(faults=Faults())
        loaded = warehouse.query(LOADED)
        warehouse.run(address, profile=profile, checkpoint_rows=ROWS)
    failed = "SELECT sum(loaded) FROM ecommerce.pipeline_runs WHERE state = 'failed'"
    assert loaded[0][0] > 2 * ROWS
    assert warehouse.query(failed) == loaded
    assert differences(shop, warehouse.database) == []
