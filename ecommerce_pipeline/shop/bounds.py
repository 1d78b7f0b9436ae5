"""What one answer may cost: its size, decoded, and the time until its last byte.

Both bounds stand below `requests`, in the adapter of its session, so that they hold for every request: pages, error
answers, access tokens.
"""

from __future__ import annotations

import functools
import http.client
import io
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from ecommerce_pipeline.errors import RetryLater

CHUNK_BYTES = 64 * 1024
"""urllib3 inflates no more than it is asked for, so a compression bomb costs this much beyond the bound."""

MUST_BE_WHOLE = frozenset({200, 201})
ERROR_BYTES = 16 * 1024
"""As much is read of an answer that is no page; a few words of it are shown."""


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

    Raises, beside what `requests` raises:
        AnswerTooLarge: the body of a good answer is larger; that of any other answer is cut.
        RetryLater: the answer takes longer.
    """

    def __init__(self, most_bytes: int, most_seconds: float, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._most_bytes = most_bytes
        self._watched = functools.partial(_WatchedResponse, most_seconds, monotonic)

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, *args: Any, **options: Any
    ) -> requests.Response:
        """Send a request; the answer has been read when it is returned."""
        answer = super().send(request, True, *args, **options)
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
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), most_seconds, monotonic))


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
