"""Pages over connections that are open already: one buffer out, one answer in.

`requests` and urllib3 connect, and know proxies, certificates and every form of an answer. What they do anew for each
request takes several times as long as the exchange itself, and threads take turns at it. So the plain case goes the
short way, and everything else theirs: a new connection, a proxy that wants whole addresses, an answer that is no page,
comes in chunks or in another encoding than gzip.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import threading
import zlib
from collections.abc import Iterable
from typing import Any

import requests
from urllib3 import HTTPHeaderDict, HTTPResponse

from ecommerce_pipeline.shop.bounds import MUST_BE_WHOLE, AnswerTooLarge, BoundedAdapter

GZIP = 16 + zlib.MAX_WBITS
"""Tells zlib that a gzip header comes first."""


class Answer(requests.Response):
    """An answer that took the short way: as `requests` has it, without what nobody asks a page for.

    Attributes:
        packed: the body as it travelled, where that was gzip and nothing else.
    """

    packed: bytes | None = None

    def __init__(self, url: str, status: int, headers: Headers, body: bytes) -> None:
        self.url, self.status_code = url, status
        self.headers = headers  # type: ignore[assignment]  # what `requests` has there costs as much as an answer
        self._content, self._content_consumed = body, True
        self.encoding, self.history, self.reason = None, [], ""


class Transport:
    """Sends prepared GET requests to one origin; safe to share between threads.

    Args:
        session: has the adapter, proxies, certificates and cookies.
        most_bytes: of a decoded body.
        timeouts: seconds to wait for a connection and for the next bytes.
    """

    def __init__(self, session: requests.Session, most_bytes: int, timeouts: tuple[float, float]) -> None:
        self._session, self._most_bytes, self._timeouts = session, most_bytes, timeouts
        self._pool: Any = None  # urllib3's, or its proxy's
        self._short = False
        self._making = threading.Lock()
        self._busy: set[Any] = set()

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Send a request; its answer has been read within bounds when it is returned.

        Raises:
            requests.RequestException, RetryLater: see `BoundedAdapter.send`.
        """
        pool = self._pool or self._open_pool(request)
        connection = pool._get_conn() if self._short else None
        if connection is None or connection.is_closed:
            if connection is not None:
                pool._put_conn(connection)
            answer = self._adapter(request).send(
                request, False, self._timeouts, self._session.verify, None, self._session.proxies
            )
        else:
            answer = self._over(connection, request)
        self._keep_cookies(request, answer)
        return answer

    def abort(self) -> None:
        """End what is being exchanged over connections that were open: who waits for an answer there gets an error."""
        for connection in tuple(self._busy):
            # One that was closed meanwhile has no socket any more.
            with contextlib.suppress(OSError, AttributeError, TypeError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    def _adapter(self, request: requests.PreparedRequest) -> BoundedAdapter:
        return self._session.get_adapter(str(request.url))  # type: ignore[return-value]  # see `open_session`

    def _open_pool(self, request: requests.PreparedRequest) -> Any:
        with self._making:
            if self._pool is None:
                adapter, verify = self._adapter(request), self._session.verify
                pool = adapter.get_connection_with_tls_context(request, verify, self._session.proxies)
                adapter.cert_verify(pool, request.url, verify, None)  # type: ignore[no-untyped-call]
                # A proxy of plain http wants whole addresses and its own headers.
                self._short = pool.proxy is None or pool.scheme == "https"
                self._pool = pool
        return self._pool

    def _over(self, connection: Any, request: requests.PreparedRequest) -> requests.Response:
        self._busy.add(connection)
        sound = False
        try:
            # The way that opened it has set how long it waits for bytes.
            connection.sock.sendall(_head(request))
            raw = connection.response_class(connection.sock, method="GET")
            raw.begin()
            answer = self._read(raw, request)
            sound = _read_to_its_end(raw)
            return answer
        except (zlib.error, http.client.IncompleteRead) as error:
            raise requests.exceptions.ChunkedEncodingError(error, request=request) from error
        except TimeoutError as error:
            raise requests.ReadTimeout(error, request=request) from error
        except requests.RequestException:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise requests.ConnectionError(error, request=request) from error
        finally:
            self._busy.discard(connection)
            if not sound:
                connection.close()
            self._pool._put_conn(connection)

    def _read(self, raw: Any, request: requests.PreparedRequest) -> requests.Response:
        headers, most = raw.headers, self._most_bytes
        encoding = headers.get("content-encoding", "")
        plain = raw.status in MUST_BE_WHOLE and encoding in ("", "gzip") and raw.length is not None
        if not plain or raw.length > most:
            return self._adapter(request).read(_wrapped(raw), request)
        packed = raw.read()
        body = packed if not encoding else _inflated(packed, most)
        if body is None:
            raw = _wrapped(raw, packed)
            return self._adapter(request).read(raw, request)
        if len(body) > most:
            raise AnswerTooLarge(most, request)
        answer = Answer(str(request.url), raw.status, Headers(headers.raw_items()), body)
        # A header with flags has texts of the shop's beside the body.
        answer.packed = packed if encoding and packed[3:4] == b"\0" else None
        answer.raw = raw
        return answer

    def _keep_cookies(self, request: requests.PreparedRequest, answer: requests.Response) -> None:
        if "Set-Cookie" in answer.headers:
            raw: Any = answer.raw
            raw = raw if isinstance(answer, Answer) else raw._original_response
            taken = requests.cookies.MockResponse(raw.msg)
            asked = requests.cookies.MockRequest(request)
            self._session.cookies.extract_cookies(taken, asked)  # type: ignore[arg-type]  # as `requests` does


def _read_to_its_end(raw: Any) -> bool:
    """Whether the connection can take another request: of an answer that is no page only the beginning is read, and
    the rest would be taken for the next answer.
    """
    cut = bool(raw.length) or (raw.chunked and raw.status not in MUST_BE_WHOLE)
    return raw.isclosed() and not raw.will_close and not cut


def _head(request: requests.PreparedRequest) -> bytes:
    """The request as it travels. Its address was prepared, what a user sets in its headers is checked at the start, and
    cookies and tokens come out of parsers that end them with the line: so nothing in it has a line end.
    """
    url = str(request.url)
    begin = url.index("/", 8)
    target = url[begin:].partition("#")[0]
    lines = "".join([f"{name}: {value}\r\n" for name, value in request.headers.items()])
    return f"GET {target} HTTP/1.1\r\nHost: {url[url.index('//') + 2 : begin]}\r\n{lines}\r\n".encode(
        "latin-1"
    )


def _inflated(packed: bytes, most: int) -> bytes | None:
    """The body, or more than `most` bytes of one that is larger; None where it has several parts."""
    part = zlib.decompressobj(GZIP)
    body = part.decompress(packed, most + 1)
    if part.unused_data:
        return None
    if not part.eof and len(body) <= most:
        raise zlib.error("the body ends before its end")
    return body


class Headers(dict[str, str]):
    """Headers by their names in lower case, found by their names in any."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in pairs:
            name = name.lower()
            self[name] = (
                f"{dict.__getitem__(self, name)}, {value}" if dict.__contains__(self, name) else value
            )

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header; `default` where there is none."""
        return super().get(name.lower(), default)


def _wrapped(raw: Any, packed: bytes | None = None) -> HTTPResponse:
    """The answer as urllib3 hands it to `requests`; `packed` is its body where that was read already."""
    return HTTPResponse(
        body=raw if packed is None else io.BytesIO(packed),
        headers=HTTPHeaderDict(raw.headers.items()),
        status=raw.status,
        version=raw.version,
        reason=raw.reason,
        preload_content=False,
        decode_content=False,
        original_response=raw,
        request_method="GET",
    )
