"""A shop that serves given rows page by page, in the order of their change, and all that came since an instant."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import simplejson

Rows = list[dict[str, Any]]


@contextmanager
def paged_shop(lists: dict[str, Rows], page_size: int) -> Iterator[str]:
    """The address while it is served.

    Args:
        lists: their rows, sorted by a text `updated_at`; a Decimal is written as a number.
        page_size: rows of a page.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = dict(parse_qsl(parts.query))
            rows = lists.get(parts.path.rpartition("/")[2], [])
            rows = [row for row in rows if row["updated_at"] >= asked.get("updated_since", "")]
            first = (int(asked.get("page", 1)) - 1) * page_size
            document = {"data": rows[first : first + page_size], "total": len(rows)}
            body = simplejson.dumps(document, use_decimal=True).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
