"""Pages, windows and orders of the demo shop's lists."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.demo.client import Client, Row
from tests.demo.conftest import Open
from tests.support.styles import STYLES


def ids(rows: list[Row]) -> list[int]:
    return [row["id"] for row in rows]


def all_ids(client: Client, resource: str) -> list[int]:
    return sorted(ids(client.shop.truth(resource) + client.shop.invalid(resource)))


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at", "id", "-id"])
@pytest.mark.parametrize("paging", STYLES)
def test_a_quiet_shop_gives_every_row_exactly_once(opened: Open, paging: str, sort: str) -> None:
    client = opened(paging=paging, sort=sort, page_size=7, same_second_block=20, precision="second")
    for resource in ("customers", "orders", "order_items"):
        assert sorted(ids(client.rows(resource))) == all_ids(client, resource)


@pytest.mark.parametrize("paging", STYLES)
def test_a_last_page_that_is_full_gives_no_row_twice(opened: Open, paging: str) -> None:
    client = opened(paging=paging, page_size=10)
    assert sorted(ids(client.rows("orders"))) == all_ids(client, "orders")


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at"])
def test_rows_stand_in_the_order_of_time_and_then_of_id(opened: Open, sort: str) -> None:
    client = opened(sort=sort, page_size=9, same_second_block=25, precision="second", invalid_share=0)
    found = [(row["updated_at"], row["id"]) for row in client.rows("orders")]
    assert found == sorted(found, reverse=sort.startswith("-"))


def test_a_request_may_ask_for_another_order(opened: Open) -> None:
    client = opened(sort="updated_at")
    assert ids(client.rows("orders", sort="id")) == all_ids(client, "orders")


@pytest.mark.parametrize("sort", ["updated_at", "id"])
@pytest.mark.parametrize("paging", STYLES)
def test_since_is_inclusive_and_before_is_exclusive(opened: Open, paging: str, sort: str) -> None:
    client = opened(paging=paging, sort=sort, page_size=4, invalid_share=0)
    times = sorted(row["updated_at"] for row in client.shop.truth("orders"))
    since, before = times[10], times[30]
    found = client.rows("orders", updated_since=since, updated_before=before)
    assert sorted(row["updated_at"] for row in found) == times[10:30]


def test_an_instant_may_have_any_offset(opened: Open) -> None:
    client = opened(invalid_share=0)
    moment = datetime.fromisoformat(client.shop.truth("orders")[20]["updated_at"])
    elsewhere = (moment + timedelta(hours=5, minutes=30)).replace(tzinfo=None).isoformat() + "+05:30"
    expected = client.rows("orders", updated_since=moment.isoformat())
    assert client.rows("orders", updated_since=elsewhere) == expected


def test_the_total_counts_the_window_and_not_the_page(opened: Open) -> None:
    client = opened(page_size=5, invalid_share=0)
    times = sorted(row["updated_at"] for row in client.shop.truth("orders"))
    assert client.get("/api/orders").json()["total"] == 50
    assert client.get("/api/orders", updated_since=times[40]).json()["total"] == 10


def test_a_shop_without_totals_has_none(opened: Open) -> None:
    assert "total" not in opened(totals=False).get("/api/orders").json()


def test_a_page_beyond_the_end_is_empty_and_keeps_the_total(opened: Open) -> None:
    body = opened().get("/api/orders", page=99).json()
    assert (body["data"], body["total"]) == ([], 50)


@pytest.mark.parametrize("name", ["page_size", "limit"])
def test_a_page_size_above_the_cap_is_capped_silently(opened: Open, name: str) -> None:
    client = opened(max_page_size=8)
    assert len(client.get("/api/orders", **{name: 40}).json()["data"]) == 8


def test_fields_leaves_out_all_others(opened: Open) -> None:
    client = opened()
    assert client.rows("orders", fields="id", sort="id") == [{"id": number} for number in range(1, 51)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("page", "0"), ("page", "two"), ("page_size", "0"), ("page_size", "-5"), ("sort", "colour")),
        *(("updated_since", "yesterday"), ("updated_since", "2026-01-01T00:00:00"), ("updated_before", "")),
    ],
)
def test_a_bad_parameter_is_refused_by_name(opened: Open, name: str, value: str) -> None:
    response = opened().get("/api/orders", **{name: value})
    assert response.status_code == 400
    assert f"`{name}`" in response.json()["error"]["message"]


def test_a_token_that_the_shop_never_gave_is_refused(opened: Open) -> None:
    assert opened(paging="cursor").get("/api/orders", cursor="abc").status_code == 400


def test_a_cursor_is_not_shifted_by_writes(opened: Open) -> None:
    client = opened(paging="cursor", page_size=10, invalid_share=0)
    first = client.get("/api/orders").json()
    client.shop.update("orders", first["data"][3]["id"], status="edited")
    client.shop.delete("orders", first["data"][5]["id"])
    second = client.get("/api/orders", cursor=first["next_cursor"]).json()
    assert second["data"] == client.rows("orders")[8:18]


def test_a_link_keeps_the_other_parameters(opened: Open) -> None:
    client = opened(paging="header_link", invalid_share=0)
    since = sorted(row["updated_at"] for row in client.shop.truth("orders"))[20]
    response = client.get("/api/orders", page_size=10, updated_since=since)
    following = client.session.get(response.links["next"]["url"], timeout=10).json()
    assert (following["page"], following["total"], len(following["data"])) == (2, 30, 10)


def test_embedded_items_are_the_lines_of_their_order(opened: Open) -> None:
    client = opened(embed_items=True)
    embedded = [line for order in client.rows("orders") for line in order["items"]]
    by_id = sorted(embedded, key=lambda line: int(line["id"]))
    assert by_id == client.rows("order_items", sort="id")


def test_an_empty_shop_has_empty_lists(opened: Open) -> None:
    client = opened(sizes={"customers": 0, "products": 0, "orders": 0})
    assert client.get("/api/payments").json() == {"data": [], "total": 0, "page": 1, "page_size": 100}
