"""Keys, permissions, limits, routes and headers."""

from __future__ import annotations

import gzip
import json
import urllib.request
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from ecommerce_pipeline.demo import DemoShop, Faults, ShopOptions
from ecommerce_pipeline.errors import SettingError
from tests.demo.client import Client
from tests.demo.conftest import Open

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def status(client: Client, path: str = "/api/orders", **arguments: object) -> int:
    return requests.get(client.address + path, timeout=10, **arguments).status_code  # type: ignore[arg-type]


def token(client: Client, secret: str = "demo-key") -> str:
    form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": secret}
    response = requests.post(f"{client.address}/oauth/token", data=form, timeout=10)
    return str(response.json()["access_token"])


def test_a_bearer_key_opens(opened: Open) -> None:
    client = opened(token="abc")
    assert status(client, headers={"Authorization": "Bearer abc"}) == 200
    assert status(client, headers={"Authorization": "Bearer abd"}) == 401
    assert status(client) == 401


def test_a_key_in_a_header_opens(opened: Open) -> None:
    client = opened(auth="api_key")
    assert status(client, headers={"X-Api-Key": "demo-key"}) == 200
    assert status(client, headers={"Authorization": "Bearer demo-key"}) == 401


def test_user_and_password_open(opened: Open) -> None:
    client = opened(auth="basic")
    assert status(client, auth=("demo", "demo-key")) == 200
    assert status(client, auth=("demo", "wrong")) == 401
    assert status(client, auth=("other", "demo-key")) == 401


def test_client_credentials_buy_a_token_that_opens(opened: Open) -> None:
    client = opened(auth="oauth2")
    assert status(client, headers={"Authorization": f"Bearer {token(client)}"}) == 200
    assert status(client, headers={"Authorization": "Bearer demo-key"}) == 401


def test_wrong_client_credentials_buy_nothing(opened: Open) -> None:
    client = opened(auth="oauth2")
    form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "wrong"}
    assert requests.post(f"{client.address}/oauth/token", data=form, timeout=10).status_code == 401


def test_a_token_lives_as_long_as_the_clock_says(opened: Open) -> None:
    client = opened(auth="oauth2", token_lifetime=60, clock=lambda: NOON)
    headers = {"Authorization": f"Bearer {token(client)}"}
    client.shop.change(clock=lambda: NOON + timedelta(seconds=59))
    assert status(client, headers=headers) == 200
    client.shop.change(clock=lambda: NOON + timedelta(seconds=60))
    assert status(client, headers=headers) == 401


def test_an_expired_oauth_token_stays_expired_and_a_new_one_opens(opened: Open) -> None:
    client = opened(auth="oauth2", faults=Faults(expired_token=1, most_in_a_row=1))
    old = {"Authorization": f"Bearer {token(client)}"}
    assert [status(client, headers=old), status(client, headers=old)] == [401, 401]
    assert status(client, headers={"Authorization": f"Bearer {token(client)}"}) == 200


def test_a_key_without_permission_reads_all_but_payments(opened: Open) -> None:
    client = opened()
    headers = {"Authorization": "Bearer no-payments"}
    assert status(client, headers=headers) == 200
    response = requests.get(f"{client.address}/api/payments", headers=headers, timeout=10)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")


def test_a_refusal_is_json_and_an_unknown_route_is_html(opened: Open) -> None:
    client = opened()
    refused = requests.get(f"{client.address}/api/orders", timeout=10)
    assert refused.json()["error"]["code"] == "unauthorized"
    unknown = client.get("/api/refunds")
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_one_record_is_served_by_its_id(opened: Open) -> None:
    client = opened(invalid_share=0)
    assert client.get("/api/orders/7").json() == {"data": client.shop.truth("orders")[6]}
    assert client.get("/api/orders/7000").json()["error"]["code"] == "not_found"


def test_the_shop_is_read_only(opened: Open) -> None:
    client = opened()
    response = client.session.post(f"{client.address}/api/orders", json={"id": 1}, timeout=10)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET")
    assert client.get("/api/orders").status_code == 200


def test_the_date_header_is_the_shops_clock(opened: Open) -> None:
    response = opened(clock=lambda: NOON).get("/api/orders")
    assert parsedate_to_datetime(response.headers["Date"]) == NOON


def test_a_body_is_compressed_for_those_who_can_read_it(opened: Open) -> None:
    client = opened()
    headers = {"Authorization": "Bearer demo-key", "Accept-Encoding": "gzip"}
    request = urllib.request.Request(f"{client.address}/api/orders", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        packed = answer.read()
    plain = client.session.get(
        f"{client.address}/api/orders", headers={"Accept-Encoding": "identity"}, timeout=10
    )
    assert json.loads(gzip.decompress(packed)) == plain.json()
    assert [request.bytes for request in client.shop.requests] == [len(packed), len(plain.content)]


def test_a_rate_limit_refuses_and_says_when_to_come_back(opened: Open) -> None:
    client = opened(rate_limit=0.01)
    first, second = client.get("/api/orders"), client.get("/api/orders")
    assert (first.status_code, first.headers["X-RateLimit-Remaining"]) == (200, "0")
    assert second.status_code == 429
    assert 90 <= int(second.headers["Retry-After"]) == int(second.headers["X-RateLimit-Reset"]) <= 100


def test_requests_are_recorded(opened: Open) -> None:
    client = opened()
    client.get("/api/orders", page=2)
    client.get("/nothing")
    found = [(item.method, item.path, item.query, item.status) for item in client.shop.requests]
    assert found == [("GET", "/api/orders", {"page": "2"}, 200), ("GET", "/nothing", {}, 404)]


def test_connections_are_kept_open_and_closed_when_the_shop_closes() -> None:
    shop = DemoShop(ShopOptions(sizes={"orders": 5}))
    client = Client(shop, shop.start())
    client.get("/api/orders")
    shop.stop()
    with client.session, pytest.raises(requests.ConnectionError):
        client.get("/api/orders")


def test_a_closed_shop_opens_again_with_the_same_data() -> None:
    shop = DemoShop(ShopOptions(sizes={"orders": 5}))
    for _ in range(2):
        with shop.serve() as address, Client(shop, address).session as session:
            assert session.get(f"{address}/api/orders", timeout=10).json()["total"] == 5


def test_a_port_that_is_taken_is_a_setting_error(opened: Open) -> None:
    port = int(opened().address.rpartition(":")[2])
    with pytest.raises(SettingError, match=f"Port {port}"):
        DemoShop(ShopOptions(sizes={"orders": 1})).start(port)
