"""The benchmark's shop: its lists, its filters, and what an edit does."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from benchmarks.data import dataset, moment_of, rows_named, written
from benchmarks.serving import ServedShop

ROWS = 1_850


def rows_of(generation: int) -> dict[str, list[dict[str, Any]]]:
    lists = dataset(ROWS, generation).lists
    return {name: json.loads(listed.page(1, ROWS))["data"] for name, listed in lists.items()}


@pytest.mark.parametrize("generation", [0, 1])
def test_lists_are_sorted_by_instants_that_differ(generation: int) -> None:
    for rows in rows_of(generation).values():
        instants = [row["updated_at"] for row in rows]
        assert instants == sorted(set(instants))


def test_an_edit_moves_one_row_in_a_hundred_to_the_end() -> None:
    before, after = rows_of(0), rows_of(1)
    for name, rows in after.items():
        edited = [row["id"] for row in rows if row not in before[name]]
        assert edited == [row["id"] for row in rows[len(rows) - len(edited) :]]
        assert len(edited) == pytest.approx(len(rows) / 100, abs=1)
        assert {row["id"] for row in rows} == {row["id"] for row in before[name]}


def test_the_truth_is_what_the_rows_say() -> None:
    for generation in (0, 1):
        rows, truth = rows_of(generation), dataset(ROWS, generation).truth
        assert truth == {
            "customers": len(rows["customers"]),
            "customers__addresses": sum(len(row["addresses"]) for row in rows["customers"]),
            "orders": len(rows["orders"]),
            "orders__tags": sum(len(row["tags"]) for row in rows["orders"]),
            "order_totals": sum(_cents(row["total_amount"]) for row in rows["orders"]),
            "order_items": len(rows["order_items"]),
            "line_amounts": sum(_cents(row["line_amount"]) for row in rows["order_items"]),
        }


def test_an_instant_is_read_as_it_was_written() -> None:
    assert [moment_of(written(moment)) for moment in (0, 1, 86_400_000_001)] == [0, 1, 86_400_000_001]
    assert moment_of("2024-01-01T01:00:00+01:00") == 0


def test_sizes_are_written_short() -> None:
    assert [rows_named(text) for text in ("370k", "1M", "2.5k", "12")] == [370_000, 1_000_000, 2_500, 12]


def test_the_filter_includes_its_lower_bound_and_leaves_out_its_upper() -> None:
    with ServedShop(ROWS) as shop, requests.Session() as session:
        everything = _page(session, shop, page_size=ROWS)
        since, until = (everything["data"][place]["updated_at"] for place in (10, 30))
        part = _page(session, shop, page=2, page_size=15, updated_since=since, updated_before=until)
    assert part == {"data": everything["data"][25:30], "total": 20}


def test_the_shop_turns_to_other_data_at_the_same_address() -> None:
    with ServedShop(ROWS) as shop, requests.Session() as session:
        address, before = shop.address, shop.truth
        newest = _page(session, shop, page_size=ROWS)["data"][-1]
        shop.turn_to(1)
        assert (shop.address, shop.truth != before) == (address, True)
        edited = _page(session, shop, updated_since=newest["updated_at"])
    assert edited["total"] > 1


def _page(session: requests.Session, shop: ServedShop, **params: Any) -> dict[str, Any]:
    answer = session.get(f"{shop.address}/orders", params=params, timeout=10)
    assert answer.ok and "Date" in answer.headers
    body: dict[str, Any] = answer.json()
    return body


def _cents(amount: str) -> int:
    units, cents = amount.split(".")
    return int(units) * 100 + int(cents)
