"""What one answer may cost: its size, decoded, and the time until its last byte.

Both bounds stand below `requests`, in the adapter of its session, so that they hold for every request: pages, error
answers, access tokens.
"""

from __future__ import annotations

import functools
import http.client
import io
import re
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import DEFAULT_POOLSIZE, HTTPAdapter

from ecommerce_pipeline.errors import RetryLater

CHUNK_BYTES = 64 * 1024
"""As much is read at once: most pages are whole then with one call, after each of which threads take turns. urllib3
inflates no more than it is asked for, so a compression bomb costs this much beyond the bound.
"""

MUST_BE_WHOLE = frozenset({200, 201})
ERROR_BYTES = 16 * 1024
"""As much is read of an answer that is no page; a few words of it are shown."""


LONGEST_HEADER, MOST_HEADERS = 65_536, 100
"""As in the standard library."""

LENGTH = re.compile(r"[0-9]{1,18}")
"""What is no such number tells nothing: the body ends with the connection."""

PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class AnswerTooLarge(requests.RequestException):
    """The decoded body is larger than `most` bytes."""

    def __init__(self, most: int, request: requests.PreparedRequest) -> None:
        super().__init__(f"more than {most} bytes", request=request)
        self.most = most


class BoundedAdapter(HTTPAdapter):
    """Reads every answer at once and within bounds.

    Args:
        most_bytes: of a decoded body.
        most_seconds: from the end of the request to the last byte of the answer, headers included. The present
            `recv` may wait for `read_timeout_seconds` beyond it.
        monotonic: the clock, seconds.
        connections: how many are kept open.

    Raises, beside what `requests` raises:
        AnswerTooLarge: the body of a good answer is larger; that of any other answer is cut.
        RetryLater: the answer takes longer.
    """

    def __init__(
        self, most_bytes: int, most_seconds: float, monotonic: Callable[[], float], connections: int = 1
    ) -> None:
        super().__init__(pool_maxsize=max(connections, DEFAULT_POOLSIZE))
        self._most_bytes = most_bytes
        self._watched = functools.partial(_WatchedResponse, most_seconds, monotonic)

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, *args: Any, **options: Any
    ) -> requests.Response:
        """Send a request; the answer has been read when it is returned."""
        return self._bounded(super().send(request, True, *args, **options), request)

    def read(self, raw: Any, request: requests.PreparedRequest) -> requests.Response:
        """The answer of a request that was sent over a connection of this adapter.

        Args:
            raw: as urllib3 has it, nothing of its body read.
            request: what was sent.

        Raises:
            AnswerTooLarge, RetryLater, requests.RequestException: see the class.
        """
        return self._bounded(self.build_response(request, raw), request)

    def _bounded(self, answer: requests.Response, request: requests.PreparedRequest) -> requests.Response:
        must_be_whole = answer.status_code in MUST_BE_WHOLE
        most = self._most_bytes if must_be_whole else ERROR_BYTES
        # Leaving the block closes a connection with something left to read; any other is back in the pool by then.
        with answer:
            body = _read(answer, most + 1)
        if len(body) > most and must_be_whole:
            raise AnswerTooLarge(most, request)
        answer._content = body[:most]
        return answer

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """The pool of connections to a host or proxy, whose answers are watched."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        kind = pool.ConnectionCls
        if "response_class" not in vars(kind):
            watched = {"response_class": staticmethod(self._watched)}
            pool.ConnectionCls = type(f"Watched{kind.__name__}", (kind,), watched)
        return pool


def _read(answer: requests.Response, enough: int) -> bytes:
    """The body, or its beginning of at least `enough` bytes."""
    body = io.BytesIO()
    for chunk in answer.iter_content(CHUNK_BYTES):
        body.write(chunk)
        if body.tell() >= enough:
            break
    return body.getvalue()


class _WatchedResponse(http.client.HTTPResponse):
    """An answer whose bytes must come in time.

    urllib3's timeout counts anew at every `recv`, so a shop that drips bytes would hold a run for ever; and the
    bytes of headers, chunk sizes and trailers never reach the loop that reads a body.
    """

    def __init__(
        self, most_seconds: float, monotonic: Callable[[], float], sock: Any, *args: Any, **options: Any
    ) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), most_seconds, monotonic), CHUNK_BYTES)

    def begin(self) -> None:
        """Read status and headers as the standard library does, whose parser of e-mails takes longer for headers than
        the rest of a request takes.
        """
        if self.headers is not None:
            return
        version, status, reason = self._read_status()
        while status == http.client.CONTINUE:
            http.client.parse_headers(self.fp)
            version, status, reason = self._read_status()
        if not version.startswith(("HTTP/1.", "HTTP/0.9")):
            raise http.client.UnknownProtocol(version)
        self.code = self.status = status
        self.reason, self.version = reason.strip(), 10 if version in ("HTTP/1.0", "HTTP/0.9") else 11
        self.headers = self.msg = _headers(self.fp)
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        length = self.headers.get("content-length", "").strip()
        self.length = int(length) if LENGTH.fullmatch(length) and not self.chunked else None
        if status in (http.client.NO_CONTENT, http.client.NOT_MODIFIED) or self._method == "HEAD":
            self.length = 0
        self.will_close = self._check_close() or (self.length is None and not self.chunked)


def _headers(lines: Any) -> http.client.HTTPMessage:
    """The headers that come next; what is not a plain `name: value` is left to the standard library."""
    read: list[bytes] = []
    while (line := lines.readline(LONGEST_HEADER + 1)) not in (b"\r\n", b"\n", b""):
        if len(line) > LONGEST_HEADER or len(read) >= MOST_HEADERS:
            raise http.client.HTTPException("headers without end")
        read.append(line)
    found = http.client.HTTPMessage()
    for line in read:
        name, colon, value = line.decode("iso-8859-1").partition(":")
        if not colon or not PLAIN_NAME.fullmatch(name):
            return http.client.parse_headers(io.BytesIO(b"".join([*read, b"\r\n"])))
        found.set_raw(name, value.strip(" \t\r\n"))
    return found


class _InTime(io.RawIOBase):
    """A socket's bytes until the time is up."""

    def __init__(self, raw: io.RawIOBase, most_seconds: float, monotonic: Callable[[], float]) -> None:
        self._raw = raw
        self._most_seconds = most_seconds
        self._monotonic = monotonic
        self._end = monotonic() + most_seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._monotonic() > self._end:
            raise RetryLater(f"no whole answer within {self._most_seconds:g} s", "slow_body")
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
