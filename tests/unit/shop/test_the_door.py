"""Addresses, clocks, pauses, secrets: what stands between us and a shop that answers oddly."""

from __future__ import annotations

import base64
import dataclasses
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import pytest
import requests

from ecommerce_pipeline.errors import (
    ContractBroken,
    PipelineError,
    RetryLater,
    SettingError,
    ShopRefused,
)
from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.addresses import origin, shown_address
from ecommerce_pipeline.shop.client import Clocks, ShopClient
from ecommerce_pipeline.shop.clock import AHEAD, MARGIN, http_date, shop_time
from ecommerce_pipeline.shop.exchange import PageRequest, Use
from ecommerce_pipeline.shop.hiding import Hiding
from ecommerce_pipeline.shop.pacing import LONGEST_PAUSE_SECONDS, SHORT_PAUSE_SECONDS, Pacer
from ecommerce_pipeline.shop.profile import Cursor, Pacing, ShopProfile
from ecommerce_pipeline.shop.retry import judge_network_error, refusal, retry_after_seconds

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RESET = {"remaining_header": "Left", "reset_header": "Reset"}
ADDRESS = "https://shop.example/api/orders"


@pytest.mark.parametrize(
    "address",
    [
        "https://user:pass-word@shop.example/api",
        "https://shop.example/api?page=2&token=pass-word",
        "https://shop.example/api?consumer_secret=pass-word",
        "https://shop.example/api?X-Amz-Signature=pass-word",
        "https://shop.example/api?sig=pass-word#pass-word",
        "https://shop.example/api?shop_token=pass-word&apiSecret=pass-word&auth[token]=pass-word",
    ],
)
def test_no_secret_of_an_address_is_shown(address: str) -> None:
    assert "pass-word" not in shown_address(address)
    assert "shop.example/api" in shown_address(address)


@pytest.mark.parametrize("address", ["http://[bad?key=pass-word", "https://user:pass/word@shop.example"])
def test_an_address_that_cannot_be_read_is_not_shown(address: str) -> None:
    assert shown_address(address) == "an unreadable address"


@pytest.mark.parametrize("name", ["page_token", "nextPageToken", "cursor", "keyword"])
def test_what_leads_to_a_page_is_shown(name: str) -> None:
    assert shown_address(f"{ADDRESS}?{name}=abc") == f"{ADDRESS}?{name}=abc"


def _hiding(token: str = "", password: str = "") -> Hiding:
    return Hiding(Settings(shop_token=token, shop_password=password), ADDRESS)


SECRET = "pass/word+of=16 äb"
ESCAPED = r"pass\/word+of=16 \u00e4b"
DOUBLY = "pass%252fword%252Bof%253d16%2520%25c3%25a4b"


@pytest.mark.parametrize(
    "form", [SECRET, quote(SECRET), quote_plus(SECRET), quote(SECRET, safe=""), DOUBLY, ESCAPED]
)
def test_a_text_of_the_shop_is_shown_without_the_secrets_it_was_sent(form: str) -> None:
    assert _hiding(SECRET, "pass/word").text(f"no {form}, none") == "no ***, none"


@pytest.mark.parametrize(
    "place", ["{}", "{}/orders", "orders?k={}", "orders?{}=1", "orders?a=b&k=x{}x", "%70{}"]
)
@pytest.mark.parametrize(
    "secret", ["pass-word", "p%61ss-word", "%70%61%73%73%2D%77%6f%72%64", "pass-%2577ord"]
)
def test_an_address_is_shown_without_the_secrets_wherever_they_stand(place: str, secret: str) -> None:
    shown = _hiding("pass-word").address(f"{ADDRESS}/{place.format(secret)}")
    assert shown.startswith(f"{ADDRESS}/")
    assert "***" in shown
    assert "word" not in unquote(unquote(shown))


def test_a_secret_broken_by_a_line_end_is_not_shown_whole() -> None:
    assert "pass-word" not in _hiding("pass-word").address(f"{ADDRESS}?k=pass-\nword")


def test_the_shops_own_host_is_shown_though_a_user_is_called_like_it() -> None:
    assert _hiding("shop").address(f"{ADDRESS}?by=shop") == f"{ADDRESS}?by=***"


def test_user_and_password_are_hidden_in_the_form_in_which_they_travel() -> None:
    travels = base64.b64encode(b"some-user:pass-word").decode()
    hiding = Hiding(Settings(shop_username="some-user", shop_password="pass-word"), ADDRESS)
    assert hiding.text(f"got Basic {travels}") == "got Basic ***"
    assert hiding.body(f'["{travels}"]'.encode()) == b'["***"]'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("form", [SECRET, quote(SECRET, safe=""), quote(SECRET, safe="").lower(), ESCAPED])
def test_a_long_secret_is_taken_out_of_a_body(form: str, encoding: str) -> None:
    body = _hiding(SECRET).body(f'[{{"note": "{form}"}}]'.encode(encoding))
    assert decode_json(body) == [{"note": "***"}]


def test_a_short_secret_may_be_a_word_of_a_body_and_stays() -> None:
    body = b'["Berlin, Berlin"]'
    assert _hiding("Berlin").body(body) is body


def test_an_access_token_that_was_replaced_stays_hidden() -> None:
    hiding = _hiding()
    for token in ("first-token", "second-token", None):
        hiding.remember(token)
    assert hiding.text("first-token second-token") == "*** ***"


@pytest.mark.parametrize("same", ["https://shop.example:443/other", "https://SHOP.example"])
def test_addresses_of_one_origin_are_the_same(same: str) -> None:
    assert origin(same) == origin(ADDRESS)


@pytest.mark.parametrize(
    "other", ["http://shop.example/api", "https://shop.example:8443", "https://evil.example"]
)
def test_another_scheme_port_or_host_is_another_origin(other: str) -> None:
    assert origin(other) != origin(ADDRESS)


@pytest.mark.parametrize(
    "wrong",
    [
        "ftp://shop.example",
        "shop.example",
        "http://",
        "http://[bad",
        "http://a..b",
        "https://user:pass-word@shop.example",
        "https://shop.example:99999",
        "",
    ],
)
def test_what_is_no_web_address_has_no_origin(wrong: str) -> None:
    with pytest.raises(ValueError, match="an address that begins with https://"):
        origin(wrong)


def _client(**settings: Any) -> ShopClient:
    profile = ShopProfile.model_validate(
        {"name": "s", "base_url": ADDRESS, "auth": {"type": "bearer"}, "resources": {}}
    )
    chosen = dataclasses.replace(Settings(shop_token="key"), **settings)
    clocks = Clocks(now=lambda: NOW, monotonic=lambda: 0.0, sleep=lambda _: None, random=random.Random(1))
    return ShopClient(profile, chosen, clocks)


@pytest.mark.parametrize(
    "link",
    [
        "http://shop.example/api?page=2",
        "https://evil.example/api",
        "//evil.example/api",
        "file:///etc/passwd",
        "https://evil.example\\@shop.example/api",
        "https://shop.example\\.evil.example@evil.example/api",
        "http://[bad",
        "https://shop.example:1/api",
    ],
)
def test_a_next_page_elsewhere_is_not_asked(link: str) -> None:
    use = Use(lambda *body: None, lambda reply: None, Counter())
    with pytest.raises(ShopRefused, match="lies elsewhere"):
        _client().get(PageRequest(link), use)


@pytest.mark.parametrize("secret", ["key\n", " key", "key\r\nHost: evil", "ключ", "a\x00b"])
def test_a_secret_that_no_header_can_carry_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(SettingError, match="shop_token` has a line end") as caught:
        _client(shop_token=secret)
    assert secret.strip() not in str(caught.value)


def test_the_shop_is_trusted_for_its_own_time() -> None:
    assert shop_time({"Date": "Mon, 23 Nov 2026 11:59:30 GMT"}, NOW) == NOW - timedelta(seconds=30)


@pytest.mark.parametrize(
    ("date", "warnings"), [("Mon, 23 Nov 2026 12:00:30 GMT", 0), ("Mon, 23 Nov 2099 12:00:00 GMT", 1)]
)
def test_a_clock_in_the_future_does_not_carry_the_cursor_there(
    date: str, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert shop_time({"Date": date}, NOW) == NOW + AHEAD
    assert timedelta(seconds=Cursor().lag_seconds) > AHEAD
    assert len(caplog.records) == warnings


@pytest.mark.parametrize(
    "date", [None, "", "now", "Mon, 32 Nov 2026 12:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"]
)
def test_a_shop_that_does_not_tell_its_time_gets_a_margin(date: str | None) -> None:
    headers = {} if date is None else {"Date": date}
    assert shop_time(headers, NOW) == NOW - MARGIN


def test_a_date_without_a_zone_is_utc() -> None:
    assert http_date("Mon, 23 Nov 2026 12:00:00 -0000") == NOW


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 23 Nov 2026 12:00:09 GMT", 9.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("1e400", None),
        ("-3", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_every_form_of_retry_after_is_read_or_passed_over(text: str, seconds: float | None) -> None:
    assert retry_after_seconds({"Retry-After": text}, NOW) == seconds


def _answer(status: int, text: str = "", **headers: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer._content = text.encode()
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (_answer(429), RetryLater, "429"),
        (_answer(403, Retry_After="3"), RetryLater, "403"),
        (_answer(503), RetryLater, "503"),
        (_answer(599), RetryLater, "599"),
        (_answer(401), ShopRefused, "does not accept the key"),
        (_answer(403), ShopRefused, "may not read this"),
        (_answer(404), ShopRefused, "`path`"),
        (_answer(302, Location="https://x.example/?token=pass-word"), ShopRefused, r"token=\*\*\*"),
        (_answer(400, "no such parameter"), ContractBroken, "no such parameter"),
        (_answer(206), ContractBroken, "206"),
    ],
)
def test_an_answer_says_whether_to_try_again(
    answer: requests.Response, kind: type[PipelineError], words: str
) -> None:
    error = refusal(answer, ADDRESS, NOW, _hiding())
    with pytest.raises(kind, match=words):
        raise error
    assert "pass-word" not in str(error)


def test_a_network_error_does_not_quote_the_key() -> None:
    error = requests.exceptions.InvalidHeader("Invalid character in header: 'Bearer pass-word'")
    assert "pass-word" not in str(judge_network_error(error, ADDRESS))


class _Time:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 3))
        self.now += seconds


def _pacer(**declared: Any) -> tuple[Pacer, _Time]:
    time = _Time()
    return Pacer(Pacing.model_validate(declared), lambda: time.now, lambda: time.now, time.sleep), time


def test_requests_keep_the_declared_distance() -> None:
    pacer, time = _pacer(requests_per_second=4)
    for _ in range(3):
        pacer.wait()
    assert time.pauses == [0.25, 0.25]


@pytest.mark.parametrize(
    ("declared", "headers", "pause"),
    [
        (RESET, {"Left": "0", "Reset": "3"}, 3.0),
        (RESET | {"reset_unit": "milliseconds"}, {"Left": "0", "Reset": "500"}, 0.5),
        (RESET | {"reset_unit": "unix"}, {"Left": "0", "Reset": "1004"}, 4.0),
        (RESET, {"Left": "0", "Reset": "nan"}, SHORT_PAUSE_SECONDS),
        (RESET, {"Left": "0", "Reset": "1e9"}, LONGEST_PAUSE_SECONDS),
        ({"remaining_header": "Left"}, {"Left": "0"}, SHORT_PAUSE_SECONDS),
        ({"used_header": "Calls"}, {"Calls": "39/40"}, SHORT_PAUSE_SECONDS),
    ],
)
def test_a_shop_that_says_that_nothing_is_left_is_given_a_pause(
    declared: dict[str, Any], headers: dict[str, str], pause: float
) -> None:
    pacer, time = _pacer(**declared)
    pacer.learn(headers)
    pacer.wait()
    assert time.pauses == [pause]


@pytest.mark.parametrize("headers", [{}, {"Left": "5"}, {"Left": "many"}, {"Left": "nan"}])
def test_a_shop_with_something_left_is_not_waited_for(headers: dict[str, str]) -> None:
    pacer, time = _pacer(remaining_header="Left", reset_header="Reset")
    pacer.learn(headers)
    pacer.wait()
    assert time.pauses == []


@pytest.mark.parametrize("status", [408, 425, 503, 529])
def test_a_passing_fault_may_ask_for_a_pause_too(status: int) -> None:
    error = refusal(_answer(status, Retry_After="3"), ADDRESS, NOW, _hiding())
    assert isinstance(error, RetryLater)
    assert error.after_seconds == 3.0


def test_a_later_answer_shortens_no_pause() -> None:
    pacer, time = _pacer(**RESET)
    pacer.learn({"Left": "0", "Reset": "9"})
    pacer.learn({"Left": "0", "Reset": "1"})
    pacer.wait()
    assert time.pauses == [9.0]
