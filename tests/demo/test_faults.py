"""Every fault shows on the wire, and none shows for ever."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from ecommerce_pipeline.demo import Faults
from ecommerce_pipeline.demo.faults import KINDS
from tests.demo.conftest import Open

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def test_a_stalled_answer_comes_late_and_complete(opened: Open) -> None:
    client = opened(faults=Faults(timeout=1), stall_seconds=0.3)
    with pytest.raises(requests.ReadTimeout):
        client.session.get(f"{client.address}/api/orders", timeout=0.1)
    assert len(client.get("/api/orders").json()["data"]) == 50


def test_a_reset_is_no_answer_at_all(opened: Open) -> None:
    client = opened(faults=Faults(reset=1))
    with pytest.raises(requests.ConnectionError):
        client.get("/api/orders")
    assert client.shop.requests[-1].status == 0


def test_a_truncated_body_is_shorter_than_it_says(opened: Open) -> None:
    client = opened(faults=Faults(truncated=1))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.get("/api/orders")


@pytest.mark.parametrize(
    ("fault", "expected"), [("throttle_seconds", "5"), ("throttle_zero", "0"), ("throttle_plain", None)]
)
def test_a_throttled_answer_says_how_long_to_wait(opened: Open, fault: str, expected: str | None) -> None:
    response = opened(faults=Faults.of({fault: 1.0}), retry_after_seconds=5).get("/api/orders")
    assert (response.status_code, response.headers.get("Retry-After")) == (429, expected)


def test_a_throttling_date_is_never_too_early(opened: Open) -> None:
    client = opened(faults=Faults(throttle_date=1), retry_after_seconds=5, clock=lambda: NOON)
    moment = parsedate_to_datetime(client.get("/api/orders").headers["Retry-After"])
    assert moment == datetime(2026, 3, 1, 12, 0, 6, tzinfo=UTC)


def test_a_server_error_is_500_502_or_503(opened: Open) -> None:
    client = opened(faults=Faults(server_error=1, most_in_a_row=30))
    assert {client.get("/api/orders").status_code for _ in range(30)} == {500, 502, 503}


def test_an_html_page_comes_with_status_200(opened: Open) -> None:
    response = opened(faults=Faults(html=1)).get("/api/orders")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")


def test_broken_json_cannot_be_read(opened: Open) -> None:
    response = opened(faults=Faults(broken_json=1)).get("/api/orders")
    assert response.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        response.json()


def test_an_empty_page_has_the_true_total(opened: Open) -> None:
    body = opened(faults=Faults(empty_page=1)).get("/api/orders", page=2, page_size=10).json()
    assert (body["data"], body["total"]) == ([], 50)


def test_a_looping_link_leads_to_its_own_page(opened: Open) -> None:
    client = opened(paging="json_link", faults=Faults(loop=1))
    body = client.get("/api/orders", page=2, page_size=10).json()
    assert "page=2" in body["next"]


def test_a_looping_cursor_repeats_itself(opened: Open) -> None:
    client = opened(paging="cursor", page_size=10)
    token = client.get("/api/orders").json()["next_cursor"]
    client.shop.change(faults=Faults(loop=1))
    assert client.get("/api/orders", cursor=token).json()["next_cursor"] == token


def test_a_lying_total_is_wrong_by_a_few_in_both_directions(opened: Open) -> None:
    client = opened(faults=Faults(lying_total=1, most_in_a_row=100))
    totals = [client.get("/api/orders").json()["total"] for _ in range(20)]
    assert {total < 50 for total in totals} == {True, False}
    assert all(1 <= abs(total - 50) <= 3 for total in totals)


def test_an_expired_token_is_refused_once(opened: Open) -> None:
    client = opened(faults=Faults(expired_token=1, most_in_a_row=1))
    assert [client.get("/api/orders").status_code for _ in range(2)] == [401, 200]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"timeout", "reset", "truncated"}))
def test_a_fault_shows_three_times_in_a_row_at_most(opened: Open, kind: str) -> None:
    client = opened(faults=Faults.of({kind: 1.0}))
    for _ in range(8):
        client.get("/api/orders")
    faults = [request.fault for request in client.shop.requests]
    assert faults == [kind, kind, kind, None] * 2


def test_mixed_faults_show_at_about_the_rate_that_was_asked_for(opened: Open) -> None:
    client = opened(faults=Faults.mixed(0.2), stall_seconds=0, retry_after_seconds=0)
    for page in range(400):
        try:
            client.get("/api/orders", page=page + 1)
        except requests.RequestException:
            continue
    suffered = [request.fault for request in client.shop.requests if request.fault]
    assert math.isclose(len(suffered) / len(client.shop.requests), 0.2, abs_tol=0.08)
    assert len(set(suffered)) == 10


def test_the_same_seed_gives_the_same_faults(opened: Open) -> None:
    seen = []
    for _ in range(2):
        client = opened(faults=Faults(server_error=0.3, html=0.3))
        for page in range(20):
            client.get("/api/orders", page=page + 1)
        seen.append([request.fault for request in client.shop.requests])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 3
