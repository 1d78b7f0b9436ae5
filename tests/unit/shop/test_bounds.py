"""What a shop can make us read, hold and wait for is bounded, and what is bounded reads as before."""

from __future__ import annotations

import gzip
import itertools
import tracemalloc
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from ecommerce_pipeline.errors import ContractBroken, ShopRefused, ShopUnreachable
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks, ShopClient
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import PageRequest, Use, keep_nothing
from ecommerce_pipeline.shop.list_end import page_again
from ecommerce_pipeline.shop.profile import ResourceProfile, ShopProfile
from ecommerce_pipeline.shop.readings import chain
from ecommerce_pipeline.shop.window import Window
from tests.unit.shop.fake_shop import FakeShop, Reader
from tests.unit.shop.wire import Answer, Wire, chunked, cut_off, endless, sending, whole

BOUND = 10_000
CHUNKED, GZIP = "Transfer-Encoding: chunked", "Content-Encoding: gzip"
TOKEN = whole(b'{"access_token": "abc-def"}')


@dataclass
class _Visit:
    """A client whose clock goes on by a second whenever somebody looks at it."""

    client: ShopClient
    retries: Counter[str] = field(default_factory=Counter)

    def get(self, address: str = "orders") -> Any:
        use = Use(keep_nothing, lambda reply: reply.document, self.retries)
        return self.client.get(PageRequest(address), use)


def _visit(wire: Wire, auth: str = "none", **settings: Any) -> _Visit:
    declared = {"type": auth}
    if auth == "oauth2_client_credentials":
        declared["access_token_url"] = f"{wire.address}/token"
    profile = ShopProfile.model_validate(
        {"name": "s", "base_url": wire.address, "auth": declared, "resources": {}}
    )
    chosen = Settings(
        **{
            "response_max_bytes": BOUND,
            "request_attempts": 2,
            "shop_client_id": "client",
            "shop_client_secret": "client-secret",
            **settings,
        }
    )
    seconds = itertools.count()
    clocks = Clocks(monotonic=lambda: float(next(seconds)), sleep=lambda _: None)
    return _Visit(ShopClient(profile, chosen, clocks))


def _bomb(times: int, inflated: int = 30_000_000) -> bytes:
    bomb = b"[%b]" % (b" " * inflated)
    for _ in range(times):
        bomb = gzip.compress(bomb, 1)
    return bomb


TOO_LARGE: dict[str, Answer] = {
    "of known length": whole(b" " * (BOUND + 1)),
    "in chunks": chunked(b" " * BOUND, b" "),
    "in one chunk": chunked(b" " * 100_000),
    "until the connection ends": endless(b"[", b" " * 1000),
    "gzip": whole(_bomb(1), 200, GZIP),
    "gzip in chunks": chunked(_bomb(1), headers=(GZIP,)),
    "deflate": whole(zlib.compress(b" " * 30_000_000, 1), 200, "Content-Encoding: deflate"),
    "gzip twice": whole(_bomb(2), 200, "Content-Encoding: gzip, gzip"),
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_an_answer_larger_than_the_bound_is_refused_and_never_held(kind: str) -> None:
    with sending(TOO_LARGE[kind]) as wire:
        visit = _visit(wire)
        tracemalloc.start()
        try:
            with pytest.raises(
                ShopRefused, match=r"/orders answered with more than 10000 bytes.*`page_size`"
            ):
                visit.get()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 1_000_000
    assert wire.paths == ["/orders"]


def test_an_answer_as_large_as_the_bound_is_read() -> None:
    with sending(whole(b"[%b]" % (b" " * (BOUND - 2)))) as wire:
        assert _visit(wire).get() == []


ENDLESS: dict[str, Answer] = {
    "body": endless(b"[", b" ", 200, "Content-Length: 1000000000"),
    "chunks": endless(b"", b"1\r\n \r\n", 200, CHUNKED),
    "size of a chunk": endless(b"", b"0", 200, CHUNKED),
    "trailers": endless(b"2\r\n[]\r\n0\r\n", b"a: b\r\n", 200, CHUNKED),
    "headers": lambda: itertools.chain([b"HTTP/1.1 200 Any\r\nA: "], itertools.repeat(b"a")),
    "gzip that has nothing in it": endless(b"", gzip.compress(b""), 200, GZIP),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_that_never_ends_is_tried_again_and_then_given_up(kind: str) -> None:
    with sending(ENDLESS[kind]) as wire:
        visit = _visit(wire, response_max_bytes=10**12, response_max_seconds=3)
        with pytest.raises(ShopUnreachable, match="failed 2 times, last: no whole answer within 3 s"):
            visit.get()
    assert visit.retries == {"slow_body": 1}


@pytest.mark.parametrize(
    "early",
    [
        cut_off(b"[", "Content-Length: 2"),
        cut_off(b"2\r\n[]\r\n", CHUNKED),
        cut_off(b"5\r\n[", CHUNKED),
        cut_off(b"no number\r\n", CHUNKED),
        whole(b"no gzip", 200, GZIP),
    ],
)
def test_an_answer_that_breaks_off_is_tried_again(early: Answer) -> None:
    with sending(early, whole(b"[1]")) as wire:
        visit = _visit(wire)
        assert visit.get() == [1]
    assert visit.retries == {"truncated": 1}


def test_an_answer_whose_end_is_the_connections_end_is_read() -> None:
    with sending(cut_off(b"[1]")) as wire:
        assert _visit(wire).get() == [1]


def test_one_connection_serves_every_kind_of_answer() -> None:
    kinds = [
        whole(b"[1]"),
        chunked(b"[", b"1]"),
        whole(gzip.compress(b"[1]"), 200, GZIP),
        chunked(gzip.compress(b"[1]"), headers=(GZIP,)),
        whole(b"busy", 503),
        whole(b"[1]"),
    ]
    with sending(*kinds, lambda: [b"HTTP/1.1 204 Any\r\n\r\n"]) as wire:
        visit = _visit(wire)
        assert [visit.get() for _ in range(7)] == [[1]] * 5 + [None] * 2
    assert (len(wire.paths), wire.connections) == (8, 1)


def test_of_an_error_only_the_beginning_is_read() -> None:
    with (
        sending(endless(b"no such parameter", b"!" * 1000, 400)) as wire,
        pytest.raises(ContractBroken, match="no such parameter!"),
    ):
        _visit(wire).get()


def test_after_an_endless_error_the_next_request_gets_its_own_answer() -> None:
    with sending(endless(b"busy", b"!" * 1000, 503), whole(b"[1]")) as wire:
        visit = _visit(wire)
        assert visit.get() == [1]
    assert visit.retries == {"server_error": 1}
    assert wire.connections == 2


def test_the_answer_of_the_token_endpoint_is_bounded_too() -> None:
    with (
        sending(endless(b"{", b" " * 1000)) as wire,
        pytest.raises(ShopRefused, match="/token answered with more than"),
    ):
        _visit(wire, "oauth2_client_credentials").get()


def test_a_token_endpoint_that_never_ends_its_answer_is_tried_again() -> None:
    with sending(ENDLESS["body"], TOKEN, whole(b"[1]")) as wire:
        visit = _visit(wire, "oauth2_client_credentials", response_max_seconds=3)
        assert visit.get() == [1]
    assert visit.retries == {"slow_body": 1}


def test_a_page_that_is_too_large_is_no_end_of_its_list() -> None:
    with sending(whole(b'[{"id": 1}]'), whole(b" " * (BOUND + 1))) as wire:
        paging = {"type": "page_number", "page_param": "page", "base_page": 1}
        declared = ResourceProfile.model_validate(
            {"path": "orders", "rows": "$", "paging": paging, "cursor": {}}
        )
        endpoint = Endpoint(_visit(wire).client, declared, 1, keep_nothing, Counter())
        first = endpoint.page(endpoint.first(Window()))
        assert first.following is not None
        with pytest.raises(ShopRefused, match="more than 10000 bytes"):
            page_again(endpoint, first.following)


@pytest.mark.parametrize("paging", ["cursor", "page_number"])
def test_a_list_that_never_ends_is_given_up(paging: str) -> None:
    shop = FakeShop(paging=paging, order="id", totals=False)
    for key in range(10):
        shop.write(key)
    shop.before_answer = lambda: shop.write(len(shop.rows))
    endpoint = Reader(shop, page_size=1).endpoint()
    endpoint.most_pages = 50
    with pytest.raises(
        ContractBroken, match=r"rows: the list has not ended after 50 pages.*`list_max_pages`"
    ):
        list(chain(endpoint, Window()))
    assert shop.asked == 50


def test_a_reference_longer_than_any_address_is_not_followed() -> None:
    shop = FakeShop(paging="cursor", order="id")
    shop._token = lambda begin, listed: "1" * 20_000  # type: ignore[method-assign]
    for key in range(10):
        shop.write(key)
    with pytest.raises(ContractBroken, match="cannot be used: it has more than 16384 characters"):
        list(chain(Reader(shop).endpoint(), Window()))
