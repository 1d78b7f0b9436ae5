"""One HTTP answer before it is sent, and the refusals."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What the client asks for; header names in lower case, of a repeated parameter the last value."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    address: str


@dataclass
class Answer:
    """What the client gets.

    Attributes:
        body: uncompressed.
        reset: close the connection instead of answering.
        cut: send only the first half of the body, under the whole one's Content-Length.
        fault: name of the fault that made it what it is.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False
    cut: bool = False
    fault: str | None = None


class RefusedError(Exception):
    """The request is answered with an error; carries the answer."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        document = {"error": {"code": code, "message": message}}
        self.answer = Answer(status, json.dumps(document).encode(), headers=headers or {})


def page_not_found() -> Answer:
    """The web server's own 404, which is no JSON."""
    return Answer(404, b"<!doctype html><title>404</title><h1>Not found</h1>\n", HTML)


def maintenance_page() -> Answer:
    """What a proxy answers with status 200 while the shop behind it is away."""
    return Answer(200, b"<!doctype html><title>Shop</title><h1>Back in a minute</h1>\n", HTML)
