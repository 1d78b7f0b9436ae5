"""A shop that repeats the secrets it was sent, wherever an answer has room for them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.support.verbatim import ORDER

ACCESS_TOKEN = "cAnArY-access/0002+token=="
"""What its token endpoint gives."""


class TalkativeShop:
    """Serves `/api/orders` on three pages; other lists are empty.

    The secret travels in the references to the next page: as a parameter of an unknown name, then in the path.

    Args:
        secrets: what it repeats.

    Attributes:
        faults: how each of the first requests goes wrong, as far as they reach.
        ending: how a reading ends; "well", or one of the methods of `_Talk` below.
        midway: whether it ends so on its second page, else at once.
    """

    def __init__(self, *secrets: str) -> None:
        travels = base64.b64encode(":".join(secrets).encode()).decode()
        self.secrets = [*secrets, travels] if len(secrets) > 1 else [*secrets]
        self.faults: list[str] = []
        self.ending = "well"
        self.midway = False
        self.asked: list[str] = []
        self.address = ""

    def words(self) -> str:
        """The secrets in every form that a shop would repeat them in."""
        return " ".join(form for secret in self.secrets for form in (secret, quote(secret, safe="")))

    @contextmanager
    def serve(self) -> Iterator[str]:
        """The address while it is served."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Talk", (_Talk,), {"shop": self}))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self.address
        finally:
            server.shutdown()
            server.server_close()


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop: TalkativeShop

    def do_GET(self) -> None:
        self.shop.asked.append(self.path)
        fault = self.shop.faults.pop(0) if self.shop.faults else self.shop.ending
        if fault == "well" or self.shop.midway:
            self._page()
        else:
            getattr(self, fault)()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.shop.secrets.append(ACCESS_TOKEN)
        self._send(200, {"access_token": ACCESS_TOKEN, "token_type": "bearer", "echo": self.shop.words()})

    def _page(self) -> None:
        parts = urlsplit(self.path)
        number = int(dict(parse_qsl(parts.query)).get("page", "1"))
        if not parts.path.endswith("/orders"):
            self._send(200, {"data": []})
        elif number == 2 and self.shop.midway:
            getattr(self, self.shop.ending)()
        else:
            self._send(200, {"data": self._rows(number), "next": self._reference(number)})

    def _rows(self, number: int) -> list[dict[str, Any]]:
        right = {**ORDER, "id": number, "note": self.shop.words(), "tags": [self.shop.words()]}
        return [right, {**right, "id": -number, "total_amount": self.shop.words()}]

    def _reference(self, number: int) -> str | None:
        every = [quote(secret, safe="") for secret in self.shop.secrets]
        paths = [
            f"orders?k={'&k='.join(every)}",
            f"{'/'.join(every).lower()}/orders?why={self.shop.secrets[-1]}",
            None,
        ]
        path = paths[number - 1]
        return path and f"{self.shop.address}/api/{path}&page={number + 1}"

    def refused_key(self) -> None:
        self._send(401, {"error": f"the key {self.shop.words()} is unknown"})

    def wrong_request(self) -> None:
        self._send(400, {"error": f"bad: {self.shop.words()}"})

    def busy(self) -> None:
        self._send(503, {"error": self.shop.words()})

    def moved(self) -> None:
        self._send(
            302, {}, Location=f"http://other.example/{quote(self.shop.words())}?why={self.shop.words()}"
        )

    def html(self) -> None:
        self._send(
            200, f"<html>{self.shop.words()}", **{"Content-Type": f"text/html; by={self.shop.words()}"}
        )

    def no_rows(self) -> None:
        self._send(200, {self.shop.words(): self.shop.words(), "data": {"why": self.shop.words()}})

    def broken_off(self) -> None:
        self.wfile.write(f"HTTP/1.1 200 {self.shop.words()}\r\nContent-Length: 999\r\n\r\n[".encode())
        self.close_connection = True

    def nonsense(self) -> None:
        self.wfile.write(f"{self.shop.words()}\r\n\r\n".encode())
        self.close_connection = True

    def odd_headers(self) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n{self.shop.words()}\r\nA: b\r\n\r\n"
        self.wfile.write(f'{head}{{"data": []}}'.encode())

    def hung_up(self) -> None:
        self.close_connection = True

    def elsewhere(self) -> None:
        self._next(f"http://other.example/{self.shop.words()}?k={self.shop.words()}")

    def loop(self) -> None:
        self._next(f"{self.shop.address}{self.path}")

    def no_reference(self) -> None:
        self._next({"k": self.shop.words()})

    def no_address(self) -> None:
        self._next(f"{self.shop.address}:{self.shop.words()}")

    def _next(self, reference: Any) -> None:
        self._send(200, {"data": self._rows(2), "next": reference})

    def _send(self, status: int, document: Any, **headers: str) -> None:
        body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
        self.send_response_only(status, self.shop.words())
        said = {"X-Got": self.headers.get("Authorization", ""), "X-Words": self.shop.words(), **headers}
        for name, value in {**said, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


AT_ONCE = (
    "refused_key",
    "wrong_request",
    "busy",
    "moved",
    "html",
    "no_rows",
    "broken_off",
    "nonsense",
    "hung_up",
)
MIDWAY = ("elsewhere", "loop", "no_reference", "no_address", "wrong_request", "hung_up", "html")
FAULTS = ["busy", "html", "broken_off", "nonsense", "hung_up", "odd_headers"]
