"""G4: fetched = loaded + rejected + repeated, in the warehouse and equal to the shop's own counts."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.errors import DestinationFailed, Unaccounted
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.records.content import content_hash, decode_json
from ecommerce_pipeline.replay.archive_files import pages_in
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.archive import Archive
from ecommerce_pipeline.source.cursor import LosslessCursor
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.truth import RESOURCES, differences
from tests.support.verbatim import ORDER, STAMP, VerbatimShop, VerbatimWarehouse

pytestmark = pytest.mark.server

TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'ecommerce'"


@pytest.mark.reader
def test_the_account_of_a_quiet_shop_equals_its_counts(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.1)
    with shop.serve() as address:
        outcome = warehouse.run(address)
    for account in outcome.accounts:
        valid, invalid = len(shop.truth(account.resource)), len(shop.invalid(account.resource))
        assert (account.loaded, account.rejected_rows) == (valid, invalid)
        assert warehouse.query(f"SELECT count(*) FROM ecommerce.{account.resource}") == [(valid,)]
    stored = warehouse.query(
        "SELECT resource, fetched, loaded, rejected, repeated FROM ecommerce.pipeline_runs"
    )
    assert sorted(stored) == sorted(
        (a.resource, a.fetched, a.loaded, a.rejected_rows, a.repeated) for a in outcome.accounts
    )


def test_a_row_that_vanishes_inside_the_pipeline_fails_the_run_and_nothing_is_loaded(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop(sizes={"customers": 5, "products": 5, "orders": 30})
    with shop.serve() as address:
        with monkeypatch.context() as patch:
            patch.setattr(LosslessCursor, "__call__", lambda self, rows, meta=None: rows[1:])
            with pytest.raises(Unaccounted, match=r"\d+ rows were handed on for \w+ and \d+ came out"):
                warehouse.run(address)
        assert not warehouse.door.exists() or warehouse.query(TABLES) == [(0,)]
        warehouse.run(address)
    assert differences(shop, warehouse.database) == []


def test_a_rejected_record_keeps_its_body_reasons_address_and_run(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.1)
    with shop.serve() as address:
        outcome = warehouse.run(address)
    kept = warehouse.query(
        "SELECT resource, raw, reasons, _source, _run_id FROM ecommerce.rejected_records ORDER BY resource"
    )
    expected = {(name, record["id"]) for name in RESOURCES for record in shop.invalid(name)}
    assert {(name, json.loads(raw)["id"]) for name, raw, *_ in kept} == expected
    for name, _, reasons, source, run_id in kept:
        assert json.loads(reasons)
        assert all(set(reason) == {"field", "rule", "value"} for reason in json.loads(reasons))
        assert f"{address}/api/{name}" in source
        assert run_id == outcome.run_id


def test_rejected_records_come_again_as_repeated_not_as_new(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(invalid_share=0.2)
    with shop.serve() as address:
        warehouse.run(address)
        second = warehouse.run(address)
    assert sum(account.rejected_rows for account in second.accounts) == 0
    assert second.packages == []


def test_a_run_that_sent_nothing_is_accounted_for_by_the_next_that_does(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        runs = [warehouse.run(address).run_id, warehouse.run(address).run_id]
        shop.update("orders", shop.truth("orders")[0]["id"], status="edited")
        runs.append(warehouse.run(address).run_id)
    stored = warehouse.query("SELECT DISTINCT run_id FROM ecommerce.pipeline_runs")
    assert {run_id for (run_id,) in stored} == set(runs)


@pytest.mark.door(*BY_SQL.args, "delta")
def test_all_tables_exist_when_every_list_is_empty(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes={"customers": 0, "products": 0, "orders": 0})
    with shop.serve() as address:
        warehouse.run(address)
    found = {name for (name,) in warehouse.query("SELECT table_name FROM information_schema.tables")}
    assert {*RESOURCES, "rejected_records", "pipeline_runs", "customers__addresses", "orders__tags"} <= found


@pytest.mark.door(*BY_SQL.args, "delta")
def test_the_table_of_a_list_without_elements_fills_when_the_first_one_comes(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    lines = {"embedded_in": "orders", "embedded_field": "items", "parent_field": "order_id"}
    profile = warehouse.profile(resources={"orders": {"path": "orders"}, "order_items": lines})
    line = {"id": 7, "product_id": None, "quantity": 1, "unit_price": "9.98", "updated_at": STAMP}
    tags, items = (f"(SELECT count(*) FROM ecommerce.orders__{name})" for name in ("tags", "order_items"))
    counts = []
    versions: list[dict[str, Any]] = [
        {"items": []},
        {"items": [line], "tags": ["new"]},
        {"items": [], "tags": []},
    ]
    with shop.serve() as address:
        for changes in versions:
            shop.put("orders", [{**ORDER, **changes}])
            warehouse.run(address, profile=profile)
            counts.append(warehouse.query(f"SELECT {tags}, {items}"))
    assert counts == [[(0, 0)], [(1, 1)], [(0, 0)]]


@pytest.mark.reader
def test_rows_beyond_a_window_that_the_shop_cannot_close_are_loaded_not_dropped(open_shop: OpenShop) -> None:
    """dlt's own cursor drops them in silence; the account would name rows that are not there."""
    shop, warehouse = open_shop()
    profile = warehouse.profile(cursor={"until_param": None}, page_size=20)
    window = Window(None, shop.options.opened_at - timedelta(days=30))
    with shop.serve() as address:
        outcome = warehouse.run(address, Request(("orders",), window), profile=profile)
    loaded = {account.resource: account.loaded for account in outcome.accounts}["orders"]
    assert 0 < loaded < shop.count("orders")
    assert warehouse.query("SELECT count(*) FROM ecommerce.orders") == [(loaded,)]


@pytest.mark.reader
@BY_SQL
def test_the_archive_holds_every_page_as_it_came(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        outcome = warehouse.run(address, archive=True)
    files = list((warehouse.folder / "data/archive").glob(f"orders/*/{outcome.run_id}/*.json.gz"))
    archived = [page for file in files for page in _pages(file)]
    came = {row["id"]: row for page in archived for row in page["data"]}
    assert came == {row["id"]: row for row in shop.truth("orders") + shop.invalid("orders")}


@pytest.mark.reader
@BY_SQL
def test_rows_whose_pages_cannot_be_archived_are_not_loaded(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = open_shop()

    def refused(archive: Archive, path: str, content: bytes) -> None:
        raise OSError(28, "No space left on device", path)

    with shop.serve() as address:
        with monkeypatch.context() as full:
            full.setattr(Archive, "_write_file", refused)
            with pytest.raises(DestinationFailed, match=r"archive .* cannot be written.*The cursor stays"):
                warehouse.run(address, archive=True)
        warehouse.run(address, archive=True)
    files = list((warehouse.folder / "data/archive").glob("orders/*/*/*.json.gz"))
    archived = {row["id"] for file in files for page in _pages(file) for row in page["data"]}
    assert archived >= {key for (key,) in warehouse.query("SELECT id FROM ecommerce.orders")}
    assert differences(shop, warehouse.database) == []


def _pages(file: Path) -> list[Any]:
    return [json.loads(body) for body in pages_in(file.read_bytes())]


def test_embedded_lines_are_children_of_their_order(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(embed_items=True, invalid_share=0.0)
    embedded = {"embedded_in": "orders", "embedded_field": "items"}
    lists = {name: {"path": name} for name in RESOURCES if name != "order_items"}
    profile = warehouse.profile(resources={**lists, "order_items": embedded})
    with shop.serve() as address:
        warehouse.run(address, profile=profile)
        line = shop.truth("order_items")[0]
        shop.remove_line(line["order_id"], line["id"])
        warehouse.run(address, profile=profile)
    stored = warehouse.query("SELECT order_id, id, quantity FROM ecommerce.orders__order_items")
    expected = [(row["order_id"], row["id"], row["quantity"]) for row in shop.truth("order_items")]
    assert sorted(stored) == sorted(expected)


@BY_SQL
def test_a_full_refresh_reads_everything_again_and_keeps_the_history_of_runs(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop()
    with shop.serve() as address:
        warehouse.run(address)
        shop.delete("orders", shop.truth("orders")[0]["id"])
        outcome = warehouse.run(address, Request(full_refresh=True))
    assert warehouse.query("SELECT count(*) FROM ecommerce.orders") == [(len(shop.truth("orders")),)]
    assert warehouse.query("SELECT count(DISTINCT run_id) FROM ecommerce.pipeline_runs") == [(2,)]
    assert outcome.complete
    assert differences(shop, warehouse.database) == []


@pytest.mark.reader
def test_rows_that_nobody_can_read_are_refused_alone_and_kept_whole(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    order = json.dumps(ORDER)[:-1]
    ugly = {
        "not_finite": f'{order}, "note": [NaN, -Infinity, 1e99999999999999999999]}}',
        "nesting_too_deep": f'{order}, "note": {"[" * 980 + "]" * 980}}}',
        "not_unicode": rf'{order}, "note": "\ud800", "\udfff": 1}}',
        "loader_mark": f'{order}, "note": "\uf0261"}}',
        "too_many_digits": order.replace('"9.98"', "7" * 5000) + "}",
        "reserved_name": rf'{order}, "_dlt_id": "\u0000"}}',
    }
    shop.lists["orders"] = f"[{order}}}, {', '.join(ugly.values())}]".encode()
    with shop.serve() as address:
        outcome = warehouse.run(address, profile=warehouse.profile())
    [account] = [account for account in outcome.accounts if account.resource == "orders"]
    assert (account.loaded, account.rejected_rows) == (1, len(ugly))
    assert set(account.rejected) == {*ugly, "nul_character"}
    kept = [
        decode_json(raw.encode()) for (raw,) in warehouse.query("SELECT raw FROM ecommerce.rejected_records")
    ]
    came = decode_json(shop.lists["orders"])[1:]
    assert sorted(map(content_hash, kept)) == sorted(map(content_hash, came))
