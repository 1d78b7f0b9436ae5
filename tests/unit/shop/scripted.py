"""A web server that gives the answers of a list, one after the other, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class Answer:
    """What the server sends; the body is JSON unless a header says otherwise."""

    status: int = 200
    body: str = "[]"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Scripted:
    """The address of a server, and (method, path, Authorization) of each request it got."""

    address: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)


@contextmanager
def serving(*answers: Answer) -> Iterator[Scripted]:
    """A server for some requests; the last answer is given again and again."""
    script, left = Scripted(), list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.rfile.read(length)
            script.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
            answer = left.pop(0) if len(left) > 1 else left[0]
            body = b"" if answer.status == 204 else answer.body.encode()
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    script.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
