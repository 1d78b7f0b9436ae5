"""A server that sends bytes as it is told, piece by piece, on connections that stay open."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat

Answer = Callable[[], Iterable[bytes]]
"""The pieces of an answer; after `HANG_UP` the connection is closed."""

HANG_UP = b""


@dataclass
class Wire:
    """Where the server is, the paths it was asked for, and how many connections it was given."""

    address: str = ""
    paths: list[str] = field(default_factory=list)
    connections: int = 0


def whole(body: bytes = b"[]", status: int = 200, *headers: str) -> Answer:
    """An answer of known length."""
    return lambda: [_head(status, f"Content-Length: {len(body)}", *headers), body]


def chunked(*pieces: bytes, headers: tuple[str, ...] = ()) -> Answer:
    """An answer in chunks."""
    chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b"")]
    return lambda: [_head(200, "Transfer-Encoding: chunked", *headers), *chunks]


def cut_off(body: bytes, *headers: str) -> Answer:
    """An answer whose connection ends before it."""
    return lambda: [_head(200, *headers), body, HANG_UP]


def endless(beginning: bytes, piece: bytes, status: int = 200, *headers: str) -> Answer:
    """An answer that goes on until nobody listens."""

    def pieces() -> Iterator[bytes]:
        yield _head(status, *headers) + beginning
        yield from repeat(piece)

    return pieces


def _head(status: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Any", *headers, "", ""]).encode()


@contextlib.contextmanager
def sending(*answers: Answer) -> Iterator[Wire]:
    """A server for some requests, of any connection; the last answer is given again and again."""
    left, wire = list(answers), Wire()
    server = socket.create_server(("127.0.0.1", 0))
    wire.address = f"http://127.0.0.1:{server.getsockname()[1]}"
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while asked := _request(connection):
                wire.paths.append(asked)
                for piece in (left.pop(0) if len(left) > 1 else left[0])():
                    if piece == HANG_UP:
                        return
                    connection.sendall(piece)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                wire.connections += 1
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    listener = threading.Thread(target=accept, daemon=True)
    listener.start()
    try:
        yield wire
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        listener.join()


def _request(connection: socket.socket) -> str:
    """The path of the next request, nothing where the connection ended."""
    with connection.makefile("rb", buffering=0) as lines:
        first, length = lines.readline(), 0
        while (line := lines.readline().strip()) and first:
            name, _, value = line.lower().partition(b":")
            length = int(value) if name == b"content-length" else length
        if length:
            lines.read(length)
    return first.split()[1].decode() if first else ""
