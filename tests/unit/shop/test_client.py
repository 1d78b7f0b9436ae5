"""One request over real HTTP: when it is sent again, after which pause, and what is never sent or shown."""

from __future__ import annotations

import logging
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecommerce_pipeline.errors import (
    ContractBroken,
    PipelineError,
    SettingError,
    ShopRefused,
    ShopUnreachable,
)
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.ahead import Stopped
from ecommerce_pipeline.shop.client import Clocks, ShopClient
from ecommerce_pipeline.shop.exchange import PageRequest, Use, keep_nothing
from ecommerce_pipeline.shop.profile import ShopProfile
from tests.unit.shop.scripted import Answer, Scripted, serving

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = "pass-word"
BUSY, WAIT, HTML = Answer(503), Answer(429, headers={"Retry-After": "7"}), {"Content-Type": "text/html"}
AT_ONCE = Answer(429, headers={"Retry-After": "0"})


class _LeastChance(random.Random):
    def random(self) -> float:
        return 0.0


@dataclass
class _Visit:
    """A client and all that it does: what it keeps, how often it tries again and how long it pauses."""

    client: ShopClient
    pauses: list[float]
    kept: list[bytes] = field(default_factory=list)
    retries: Counter[str] = field(default_factory=Counter)

    def get(self, address: str = "orders") -> Any:
        use = Use(lambda body, packed: self.kept.append(body), lambda reply: reply.document, self.retries)
        return self.client.get(PageRequest(address), use)


def _visit(server: Scripted, auth: dict[str, Any] | None = None, **settings: Any) -> _Visit:
    declared = {"name": "s", "base_url": server.address, "auth": auth or {"type": "bearer"}, "resources": {}}
    chosen = Settings(
        **{"shop_token": KEY, "shop_client_id": "client", "shop_client_secret": KEY, **settings}
    )
    pauses: list[float] = []
    clocks = Clocks(lambda: NOW, lambda: 0.0, pauses.append, _LeastChance())
    return _Visit(ShopClient(ShopProfile.model_validate(declared), chosen, clocks), pauses)


@pytest.mark.parametrize(
    ("answers", "pauses", "code"),
    [
        ([BUSY, BUSY, BUSY, BUSY], [0.25, 0.5, 1.0, 1.0], "server_error"),
        ([WAIT], [7.0], "throttled"),
        ([AT_ONCE, AT_ONCE, AT_ONCE], [0.0, 0.5, 1.0], "throttled"),
        ([Answer(body="<html>", headers=HTML)], [0.25], "html"),
        ([Answer(body='{"data": [')], [0.25], "broken_json"),
    ],
)
def test_pauses_are_the_shops_own_or_double_up_to_the_longest(
    answers: list[Answer], pauses: list[float], code: str
) -> None:
    with serving(*answers, Answer(body="[1]")) as server:
        visit = _visit(server, backoff_seconds=0.5, backoff_max_seconds=2.0)
        assert visit.get() == [1]
    assert visit.pauses == pauses
    assert visit.retries == {code: len(pauses)}


def test_a_pause_that_the_shop_asks_for_holds_every_request() -> None:
    with serving(WAIT, Answer(body="[1]"), Answer(body="[2]")) as server:
        visit = _visit(server)
        assert [visit.get(), visit.get()] == [[1], [2]]
    assert visit.pauses == [7.0, 7.0], "by the clock of this test no time has gone by"


def test_a_run_that_ends_while_a_request_is_held_back_asks_no_more() -> None:
    with serving(WAIT, Answer(body="[1]")) as server:
        visit = _visit(server)

        def go_on() -> None:
            if visit.pauses:
                raise Stopped

        use = Use(keep_nothing, lambda reply: reply.document, Counter(), go_on=go_on)
        with pytest.raises(Stopped):
            visit.client.get(PageRequest("orders"), use)
    assert len(server.asked) == 1


def test_a_fault_that_stays_is_tried_as_often_as_the_setting_says() -> None:
    with serving(BUSY) as server, pytest.raises(ShopUnreachable, match="failed 3 times, last: 503"):
        _visit(server, request_attempts=3).get()
    assert len(server.asked) == 3


def test_a_longer_pause_than_allowed_is_not_waited_for() -> None:
    with serving(WAIT) as server:
        visit = _visit(server, retry_after_max_seconds=6)
        with pytest.raises(ShopUnreachable, match=r"a pause of 7 s .* `retry_after_max_seconds` = 6"):
            visit.get()
    assert (visit.pauses, len(server.asked)) == ([], 1)


def test_a_key_that_was_never_accepted_is_refused_at_once() -> None:
    with serving(Answer(401)) as server, pytest.raises(ShopRefused, match="does not accept the key"):
        _visit(server).get()
    assert len(server.asked) == 2


def test_a_key_that_was_accepted_before_is_tried_again() -> None:
    with serving(Answer(), Answer(401), Answer(401), Answer()) as server:
        visit = _visit(server)
        visit.get()
        visit.get()
    assert visit.retries == {"expired_token": 1}


def test_every_usable_answer_is_kept_as_it_came_before_it_is_read() -> None:
    with serving(Answer(body="<html>"), Answer(204), Answer(body='{"n": 1.50}')) as server:
        visit = _visit(server)
        assert visit.get() is None
        visit.get()
    assert visit.kept == [b"<html>", b"", b'{"n": 1.50}']


def test_the_shops_clock_is_that_of_the_first_answer() -> None:
    first, second = ({"Date": f"Mon, 23 Nov 2026 11:59:{second} GMT"} for second in ("10", "20"))
    with serving(Answer(headers=first), Answer(headers=second)) as server:
        visit = _visit(server)
        visit.get()
        visit.get()
    assert visit.client.shop_clock == NOW - timedelta(seconds=50)


def test_a_redirect_is_not_followed() -> None:
    with serving(Answer()) as elsewhere:
        moved = Answer(302, headers={"Location": elsewhere.address})
        with serving(moved) as server, pytest.raises(ShopRefused, match="redirects are not followed"):
            _visit(server).get()
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, f"the key {KEY} is of another shop"),
        Answer(302, headers={"Location": f"http://shop.example/?why={KEY}"}),
    ],
)
def test_a_key_that_the_shop_quotes_is_not_shown(answer: Answer) -> None:
    with serving(answer) as server, pytest.raises(PipelineError) as caught:
        _visit(server).get()
    assert KEY not in str(caught.value)
    assert "***" in str(caught.value)


def test_dlts_own_log_does_not_show_the_signature_of_an_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("dlt.common.logger.LOGGER", logging.getLogger("dlt"))
    caplog.set_level(logging.DEBUG)
    with serving(Answer()) as server:
        _visit(server).get(f"{server.address}/orders?page=2&signature={KEY}")
    # urllib3 logs whole addresses, but only to a person who turns its own log on.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    assert any("orders?page=2" in text for text in logged)
    assert KEY not in " ".join(logged)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_do_not_exist_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(name, "nowhere.pem")
    with pytest.raises(SettingError, match=f"{name} is 'nowhere.pem', expected a file"):
        _visit(Scripted("https://shop.example"))


def test_an_address_that_two_libraries_read_differently_is_not_asked() -> None:
    with serving(Answer()) as elsewhere, serving(Answer()) as server:
        link = elsewhere.address + "\\@" + server.address.removeprefix("http://")
        with pytest.raises(ShopRefused, match="lies elsewhere"):
            _visit(server).get(link)
    assert elsewhere.asked == []


def _oauth(server: Scripted) -> _Visit:
    declared = {"type": "oauth2_client_credentials", "access_token_url": f"{server.address}/token"}
    return _visit(server, declared)


@pytest.mark.parametrize("life", ["60", '"60"', "null", '"soon"', "1e400", "-1", "99999999999999999999"])
def test_an_access_token_is_used_whatever_the_shop_says_of_its_life(life: str) -> None:
    answer = Answer(body=f'{{"access_token": "abc-def", "expires_in": {life}}}')
    with serving(answer, Answer()) as server:
        _oauth(server).get()
    assert server.asked == [("POST", "/token", ""), ("GET", "/orders", "Bearer abc-def")]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, '{"error": "invalid_client"}'),
        Answer(401),
        Answer(404),
        Answer(body='{"token": "abc"}'),
        Answer(body='{"access_token": null}'),
        Answer(body='{"access_token": "a\\nb"}'),
        Answer(body="[]"),
        Answer(204),
    ],
)
def test_a_shop_that_gives_no_access_token_is_refused(answer: Answer) -> None:
    with serving(answer) as server, pytest.raises(ShopRefused, match="without an access token") as caught:
        _oauth(server).get()
    assert "/token answered" in str(caught.value)
    assert {method for method, _, _ in server.asked} == {"POST"}


def test_a_redirect_of_the_token_endpoint_does_not_get_the_secret() -> None:
    with serving(Answer()) as elsewhere:
        moved = Answer(307, headers={"Location": elsewhere.address})
        with serving(moved) as server, pytest.raises(ShopRefused, match="without an access token"):
            _oauth(server).get()
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("fault", "code"), [(BUSY, "server_error"), (WAIT, "throttled"), (Answer(body="<html>"), "broken_json")]
)
def test_a_passing_fault_of_the_token_endpoint_is_tried_again(fault: Answer, code: str) -> None:
    with serving(fault, Answer(body='{"access_token": "abc"}'), Answer(body="[1]")) as server:
        visit = _oauth(server)
        assert visit.get() == [1]
    assert visit.retries == {code: 1}


@pytest.mark.parametrize("body", ["", " \n"])
def test_an_empty_body_is_no_empty_page(body: str) -> None:
    with serving(Answer(body=body), Answer(body="[1]")) as server:
        visit = _visit(server)
        assert visit.get() == [1]
    assert visit.retries == {"empty_body": 1}


def test_a_part_of_an_answer_is_refused() -> None:
    with serving(Answer(206, "[1]")) as server, pytest.raises(ContractBroken, match="206"):
        _visit(server).get()


@pytest.mark.parametrize("status", [206, 400])
def test_an_answer_is_quoted_only_where_no_column_is_personal(status: int) -> None:
    policies: list[dict[str, Any]] = [
        {},
        {"personal_hashed": "customers.email"},
        {"personal_dropped": "customers.phone"},
    ]
    shown = []
    for settings in policies:
        with serving(Answer(status, body='[{"email": "anna@example.com"}]')) as server:
            with pytest.raises(ContractBroken) as caught:
                _visit(server, **settings).get()
            shown.append(str(caught.value))
    assert ["anna" in text for text in shown] == [True, False, False]
