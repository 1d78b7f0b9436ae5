"""The limit: pages fetched over 32 connections at once, and DuckDB reads the JSON into five tables.

Nothing is checked, merged, kept or accounted for. Usage: limit.py ADDRESS DATABASE.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

CONNECTIONS = 32
PAGE_SIZE = 100
LISTS = ("customers", "orders", "order_items")
CHUNK = 256 * 1024
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"Content-Length: (\d+)")
TOTAL = re.compile(rb'"total":(\d+)}$')

PLACE = "street VARCHAR, city VARCHAR, postal_code VARCHAR, country VARCHAR"
TIMES = {"created_at": "TIMESTAMPTZ", "updated_at": "TIMESTAMPTZ"}
MONEY = "DECIMAL(18,2)"
COLUMNS = {
    "customers": {
        **dict.fromkeys(("email", "first_name", "last_name", "phone", "status"), "VARCHAR"),
        "address": f"STRUCT({PLACE}, geo STRUCT(lat VARCHAR, lng VARCHAR))",
        "addresses": f"STRUCT(kind VARCHAR, {PLACE})[]",
    },
    "orders": {
        "customer_id": "BIGINT",
        **dict.fromkeys(("status", "currency"), "VARCHAR"),
        "placed_at": "TIMESTAMPTZ",
        **dict.fromkeys(
            ("subtotal_amount", "discount_amount", "tax_amount", "shipping_amount", "refunded_amount"), MONEY
        ),
        "total_amount": MONEY,
        "shipping_address": f"STRUCT({PLACE})",
        "tags": "VARCHAR[]",
    },
    "order_items": {
        **dict.fromkeys(("order_id", "product_id", "quantity"), "BIGINT"),
        **dict.fromkeys(("unit_price", "discount_amount", "line_amount"), MONEY),
    },
}
TABLES = {
    "customers": """
        CREATE TABLE customers AS SELECT * EXCLUDE (address, addresses), address.street AS address__street,
            address.city AS address__city, address.postal_code AS address__postal_code,
            address.country AS address__country, address.geo.lat AS address__geo__lat,
            address.geo.lng AS address__geo__lng FROM read_customers;
        CREATE TABLE customers__addresses AS SELECT id AS customer_id, unnest(addresses, recursive := true)
            FROM read_customers;
    """,
    "orders": """
        CREATE TABLE orders AS SELECT * EXCLUDE (shipping_address, tags), shipping_address.street AS shipping__street,
            shipping_address.city AS shipping__city, shipping_address.postal_code AS shipping__postal_code,
            shipping_address.country AS shipping__country FROM read_orders;
        CREATE TABLE orders__tags AS SELECT id AS order_id, unnest(tags) AS value FROM read_orders;
    """,
    "order_items": "CREATE TABLE order_items AS SELECT * FROM read_order_items",
}


class Fetcher:
    """Asks for pages over many connections at once and writes their rows into a file for each list."""

    def __init__(self, address: str, folder: Path) -> None:
        split = urlsplit(address)
        self._host, self._port, self._path = split.hostname or "", split.port or 80, split.path
        self._files = {name: (folder / f"{name}.json").open("wb") for name in LISTS}
        self._selector = selectors.DefaultSelector()
        self._total: dict[str, int] = {}

    def run(self) -> None:
        """Read the first page of each list for its length, then all others side by side."""
        self._read(iter([(name, 1) for name in LISTS]))
        pages = {name: -(-total // PAGE_SIZE) for name, total in self._total.items()}
        self._read(
            chain.from_iterable(((name, page) for page in range(2, pages[name] + 1)) for name in LISTS)
        )
        for file in self._files.values():
            file.write(b"]")
            file.close()

    def _read(self, wanted: Iterator[tuple[str, int]]) -> None:
        for _ in range(CONNECTIONS):
            connection = socket.create_connection((self._host, self._port))
            self._ask(connection, wanted)
        while self._selector.get_map():
            for key, _ in self._selector.select():
                self._receive(key, wanted)

    def _ask(self, connection: socket.socket, wanted: Iterator[tuple[str, int]]) -> None:
        """Send the next request over a connection, or close it where none is left."""
        name, page = next(wanted, ("", 0))
        if not name:
            connection.close()
            return
        target = f"{self._path}/{name}?page={page}&page_size={PAGE_SIZE}"
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        self._selector.register(connection, selectors.EVENT_READ, (name, bytearray()))

    def _receive(self, key: selectors.SelectorKey, wanted: Iterator[tuple[str, int]]) -> None:
        name, received = key.data
        connection = key.fileobj
        assert isinstance(connection, socket.socket)
        received += connection.recv(CHUNK)
        head = received.find(HEAD_END)
        length = LENGTH.search(received, 0, head) if head > 0 else None
        if length and len(received) >= head + len(HEAD_END) + int(length.group(1)):
            self._selector.unregister(connection)
            self._ask(connection, wanted)
            self._keep(name, received, head + len(HEAD_END))

    def _keep(self, name: str, answer: bytearray, start: int) -> None:
        """Write a page's rows behind those of the others: the file becomes one array."""
        total = TOTAL.search(answer, len(answer) - 40)
        assert total is not None
        self._files[name].write(b"," if name in self._total else b"[")
        self._files[name].write(memoryview(answer)[start + len(b'{"data":[') : total.start() - 2])
        self._total[name] = int(total.group(1))


def load(warehouse: duckdb.DuckDBPyConnection, name: str, folder: Path) -> None:
    """Read a list's file into its tables."""
    columns = {"id": "BIGINT", **COLUMNS[name], **TIMES}
    with warehouse.cursor() as work:
        work.read_json(str(folder / f"{name}.json"), columns=columns, format="array").create_view(
            f"read_{name}"
        )
        work.execute(TABLES[name])


def main(address: str, database: Path) -> None:
    """Load everything."""
    Fetcher(address, database.parent).run()
    with duckdb.connect(str(database)) as warehouse, ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: load(warehouse, name, database.parent), reversed(LISTS)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
