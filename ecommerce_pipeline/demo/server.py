"""The HTTP side: connections, headers, compression. What is answered stands in `routes.py`."""

from __future__ import annotations

import contextlib
import gzip
import logging
import socket
import struct
import sys
import threading
from datetime import UTC
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ecommerce_pipeline.demo.answer import Answer, Request
from ecommerce_pipeline.demo.routes import Routes, ServedRequest
from ecommerce_pipeline.errors import SettingError

logger = logging.getLogger(__name__)

_HOST = "127.0.0.1"
_LARGEST_REQUEST_BODY = 64 * 1024
_SMALLEST_GZIP = 1024


class Server:
    """A running server; it serves from its making until `stop`.

    Raises:
        SettingError: the port is taken.
    """

    def __init__(self, routes: Routes, port: int = 0) -> None:
        self._routes = routes
        routes.closing.clear()
        try:
            self._http = _HttpServer((_HOST, port), routes)
        except OSError as error:
            raise SettingError(
                f"Port {port} on {_HOST} cannot be used: {error.strerror}. Choose another one, or 0 for any."
            ) from error
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True, name="demo shop"
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at the end."""
        return f"http://{_HOST}:{self._http.server_address[1]}"

    def stop(self) -> None:
        """Answer no more; stalled answers end, open connections are closed."""
        self._routes.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.close_connections()
        self._thread.join()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], routes: Routes) -> None:
        self.routes = routes
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's full name here, which may take seconds and is not needed.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Wake the threads that wait for a next request."""
        with self._open_lock:
            for connection in self._open:
                _shut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log our own mistakes; clients that go away are none."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            logger.error("The demo shop failed to answer.", exc_info=error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "DemoShop"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    server: _HttpServer

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's
        """Quiet; the shop's `requests` tell what was served."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.server.routes.options.clock().astimezone(UTC), usegmt=True)

    def _serve(self) -> None:
        request = self._request()
        answer = self.server.routes.answer(request)
        if answer.reset:
            self._log(request, answer, status=0, sent=0)
            self._reset()
            return
        body, encoding = self._encoded(answer)
        sent = body[: len(body) // 2] if answer.cut else body
        # Logged before it is sent: whoever has the answer finds it in the log.
        self._log(request, answer, answer.status, len(sent))
        self._send(answer, sent, len(body), encoding)

    def _request(self) -> Request:
        split = urlsplit(self.path)
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isdigit() else 0
        if size > _LARGEST_REQUEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            size = 0
        return Request(
            self.command,
            split.path,
            dict(parse_qsl(split.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(size) if size else b"",
            f"http://{self.headers.get('Host') or f'{_HOST}:{self.server.server_port}'}",
        )

    def _encoded(self, answer: Answer) -> tuple[bytes, str | None]:
        accepted = self.headers.get("Accept-Encoding", "")
        if "gzip" not in accepted or len(answer.body) < _SMALLEST_GZIP:
            return answer.body, None
        return gzip.compress(answer.body, compresslevel=1, mtime=0), "gzip"

    def _send(self, answer: Answer, body: bytes, length: int, encoding: str | None) -> None:
        self.close_connection = self.close_connection or answer.cut or self.server.routes.closing.is_set()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(length))
        self.send_header("Vary", "Accept-Encoding")
        if encoding:
            self.send_header("Content-Encoding", encoding)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Close without an answer; lingering for zero seconds makes the close a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _log(self, request: Request, answer: Answer, status: int, sent: int) -> None:
        record = ServedRequest(request.method, request.path, request.query, status, sent, answer.fault)
        self.server.routes.log.append(record)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be closed already
        connection.shutdown(socket.SHUT_RDWR)
