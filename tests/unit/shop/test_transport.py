"""A page over a connection that is open already comes as any other does."""

from __future__ import annotations

import gzip
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from ecommerce_pipeline.errors import RetryLater, ShopRefused, ShopUnreachable
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks, ShopClient
from ecommerce_pipeline.shop.exchange import PageRequest, Use
from ecommerce_pipeline.shop.profile import ShopProfile
from tests.unit.shop.wire import Answer, Wire, cut_off, sending, whole

SECRET = "a-long-secret-of-the-shop"
GZIP = "Content-Encoding: gzip"


class _Visit:
    """A client and what it keeps."""

    def __init__(self, wire: Wire, **settings: Any) -> None:
        profile = ShopProfile.model_validate(
            {"name": "s", "base_url": wire.address, "auth": {"type": "bearer"}, "resources": {}}
        )
        chosen = Settings(**{"shop_token": SECRET, "request_attempts": 2, **settings})
        self.client = ShopClient(profile, chosen, Clocks(sleep=lambda _: None))
        self.kept: list[tuple[bytes, bytes | None]] = []
        self.retries: Counter[str] = Counter()

    def get(self, *params: tuple[str, str], read: Any = lambda reply: reply.document) -> Any:
        use = Use(lambda body, packed: self.kept.append((body, packed)), read, self.retries)
        return self.client.get(PageRequest("orders", params), use)


def _page(body: bytes) -> Answer:
    return whole(gzip.compress(body, mtime=0), 200, GZIP)


def test_a_compressed_page_is_kept_as_it_came_unless_a_secret_of_it_is_hidden() -> None:
    quoted = f'["{SECRET}"]'.encode()
    with sending(whole(), _page(b"[1]"), _page(quoted), whole(b"[2]")) as wire:
        visit = _Visit(wire)
        assert [visit.get() for _ in range(4)] == [[], [1], ["***"], [2]]
    assert visit.kept[1:] == [(b"[1]", gzip.compress(b"[1]", mtime=0)), (b'["***"]', None), (b"[2]", None)]


def test_a_page_in_several_compressed_parts_or_with_texts_in_their_head_is_kept_anew() -> None:
    parts = gzip.compress(b"[1,", mtime=0) + gzip.compress(b"2]", mtime=0)
    named = bytearray(gzip.compress(b"[3]", mtime=0))
    named[3], named[10:10] = 8, b"name\0"
    with sending(whole(), whole(parts, 200, GZIP), whole(bytes(named), 200, GZIP)) as wire:
        visit = _Visit(wire)
        assert [visit.get() for _ in range(3)] == [[], [1, 2], [3]]
    assert [packed for _, packed in visit.kept] == [None] * 3


def test_headers_are_found_by_any_spelling_and_those_that_come_twice_are_joined() -> None:
    headers = ("X-Left: 1", "x-left:2", 'Link: <http://a/?page=2>; rel="next"', "Folded: a", " b")
    seen: list[Any] = []
    with sending(whole(), whole(b"[]", 200, *headers)) as wire:
        visit = _Visit(wire)
        visit.get()
        visit.get(read=seen.append)
    assert seen[0].headers.get("X-LEFT") == "1, 2"
    assert seen[0].links["next"]["url"] == "http://a/?page=2"
    assert "b" in seen[0].headers["folded"]


def test_a_cookie_of_the_shop_comes_back_with_the_next_request() -> None:
    sent: list[str | None] = []
    with sending(whole(b"[]", 200, "Set-Cookie: door=3; Path=/")) as wire:
        visit = _Visit(wire)
        connection = visit.client._connection
        send = connection._transport.send

        def noted(request: Any) -> Any:
            sent.append(request.headers.get("Cookie"))
            return send(request)

        connection._transport.send = noted  # type: ignore[method-assign]
        for _ in range(3):
            visit.get()
    assert sent == [None, "door=3", "door=3"]


def test_parameters_travel_as_they_are_meant() -> None:
    with sending(whole()) as wire:
        visit = _Visit(wire)
        for _ in range(2):
            visit.get(("q", "a b&c=ä/+%"), ("empty", ""))
    assert wire.paths == ["/orders?q=a+b%26c%3D%C3%A4%2F%2B%25&empty="] * 2


def test_a_connection_that_the_shop_has_closed_is_replaced() -> None:
    with sending(cut_off(b"[1]", "Content-Length: 3"), whole(b"[2]")) as wire:
        visit = _Visit(wire)
        assert [visit.get(), visit.get()] == [[1], [2]]
    assert wire.connections == 2


def test_who_waits_for_an_answer_is_woken_when_the_run_ends() -> None:
    begun = threading.Event()

    with sending(whole(), lambda: [b"HTTP/1.1 200 Any\r\nContent-Length: 9\r\n\r\n", *_until(begun)]) as wire:
        visit = _Visit(wire, request_attempts=1)
        visit.get()
        failed: list[BaseException] = []

        def wait() -> None:
            try:
                visit.get()
            except (ShopUnreachable, RetryLater) as error:
                failed.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        end = time.monotonic() + 10
        while not visit.client._connection._transport._busy and time.monotonic() < end:
            pass
        visit.client.abort()
        thread.join(10)
        begun.set()
    assert len(failed) == 1


def test_a_length_that_no_body_can_have_tells_nothing() -> None:
    length = f"Content-Length: {'9' * 5_000}"
    with sending(cut_off(b"[1]", length), whole(b"[2]"), cut_off(b"[3]", length)) as wire:
        visit = _Visit(wire)
        assert [visit.get() for _ in range(3)] == [[1], [2], [3]]


def test_a_connection_that_is_used_again_waits_no_longer_for_bytes_than_a_new_one() -> None:
    ended = threading.Event()
    with sending(whole(), lambda: [b"HTTP/1.1 200 Any\r\nContent-Length: 9\r\n\r\n", *_until(ended)]) as wire:
        visit = _Visit(wire, request_attempts=1, read_timeout_seconds=0.2)
        visit.get()
        with pytest.raises(ShopUnreachable, match="no answer in time"):
            visit.get()
        ended.set()
    assert wire.connections == 1


def test_a_connection_that_was_closed_meanwhile_does_not_disturb_the_end_of_a_run() -> None:
    with sending(whole()) as wire:
        visit = _Visit(wire)
        visit.client._connection._transport._busy.add(HTTPConnection("127.0.0.1"))
        visit.client.abort()
        assert visit.get() == []


def _until(event: threading.Event) -> Any:
    event.wait(10)
    yield b""


@pytest.mark.parametrize("length", ["Content-Length: 70000", "Transfer-Encoding: chunked"])
def test_the_rest_of_an_answer_that_was_cut_is_not_taken_for_the_next_one(length: str) -> None:
    asked = threading.Event()

    def refusal() -> Iterator[bytes]:
        yield f"HTTP/1.1 404 Any\r\n{length}\r\n\r\n".encode()
        yield b"10000\r\n" + 0x10000 * b"x" + b"\r\n" if "chunked" in length else 0x10000 * b"x"
        asked.wait(5)
        yield from whole(b'["of another request"]')()

    with sending(whole(), refusal, whole(b"[1]")) as wire:
        visit = _Visit(wire)
        visit.get()
        with pytest.raises(ShopRefused):
            visit.get()
        assert visit.get() == [1]
        asked.set()
    assert wire.connections == 2


@pytest.mark.parametrize("status", [200, 204])
def test_a_second_answer_is_that_of_the_second_request(status: int) -> None:
    second = whole(b"[2]") if status == 200 else lambda: [b"HTTP/1.1 204 Any\r\n\r\n"]
    with sending(whole(b"[1]"), second, whole(b"[3]")) as wire:
        visit = _Visit(wire)
        assert [visit.get() for _ in range(3)] == [[1], [2] if status == 200 else None, [3]]
    assert wire.connections == 1
