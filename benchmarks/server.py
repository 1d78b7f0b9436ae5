"""A shop whose answers cost next to nothing, so that the clients are what is measured.

`python -m benchmarks.server --rows 370k` prints a line of JSON with its port and the truth about its data, and serves
until its standard input closes. A line `generation 1` there changes the shop and is answered alike.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from email.utils import formatdate
from urllib.parse import parse_qsl

from benchmarks.data import FOREVER, Dataset, dataset, moment_of, rows_named

PATH = "/api/"
DEFAULT_PAGE_SIZE = 100


class Shop:
    """Data and delay that all connections share."""

    def __init__(self, rows: int, generation: int, latency_ms: float, seed: int) -> None:
        self._rows, self._seed = rows, seed
        self.delay = latency_ms / 1000
        self.turn_to(generation)

    def turn_to(self, generation: int) -> None:
        """Serve the data of another generation."""
        self._data = Dataset({}, {})  # the old one leaves before the new one comes
        self._data = dataset(self._rows, generation, self._seed)

    def obey(self, line: str) -> None:
        """Do what a line of the standard input says."""
        self.turn_to(int(line.removeprefix("generation ")))

    @property
    def truth(self) -> dict[str, int]:
        """Counts of the tables and sums in cents that a warehouse has to show."""
        return self._data.truth

    def answer(self, target: str) -> bytes:
        """The whole answer to a GET of this target, head and body."""
        path, _, query = target.partition("?")
        listed = self._data.lists.get(path.removeprefix(PATH))
        if listed is None or not path.startswith(PATH):
            return _response("404 Not Found", b'{"error":"no such list"}')
        try:
            asked = dict(parse_qsl(query))
            since, until = asked.get("updated_since"), asked.get("updated_before")
            body = listed.page(
                int(asked.get("page", 1)),
                int(asked.get("page_size", DEFAULT_PAGE_SIZE)),
                moment_of(since) if since else 0,
                moment_of(until) if until else FOREVER,
            )
        except ValueError:
            return _response("400 Bad Request", b'{"error":"a parameter is wrong"}')
        return _response("200 OK", body)


class Connection(asyncio.Protocol):
    """One client; answers leave in the order of its requests."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that has come whole."""
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        for request in requests:
            target = request.split(b" ", 2)[1].decode("latin-1")
            answer = self._shop.answer(target)
            if self._shop.delay:
                asyncio.get_running_loop().call_later(self._shop.delay, self._send, answer)
            else:
                self._transport.write(answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def _response(status: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nDate: {formatdate(time.time(), usegmt=True)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


async def serve(shop: Shop) -> None:
    """Serve on a free port of this machine until the standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(shop), "127.0.0.1", 0, backlog=512)
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    port = server.sockets[0].getsockname()[1]
    _tell(port, shop)
    while line := await lines.readline():
        shop.obey(line.decode())
        _tell(port, shop)


def _tell(port: int, shop: Shop) -> None:
    sys.stdout.write(json.dumps({"port": port, "truth": shop.truth}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("--rows", type=rows_named, default=37_000, help="rows of all lists together: 37k, 1M")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="wait before each answer")
    parser.add_argument(
        "--generation", type=int, choices=(0, 1), default=0, help="1: one row in 100 is edited"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    shop = Shop(options.rows, options.generation, options.latency, options.seed)
    gc.freeze()
    asyncio.run(serve(shop))


if __name__ == "__main__":
    main()
