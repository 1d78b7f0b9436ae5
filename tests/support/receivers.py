"""Who receives alerts: a mail server and a webhook of this machine, which may refuse."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.ports import free_port


class Mailbox:
    """Mails that an SMTP server was given.

    Attributes:
        mails: in the order in which they came.
        refuses: whether each is refused.
        unknown: receivers that the server does not take mails for.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = False
        self.unknown: set[str] = set()
        self.port = free_port()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, to: str, options: list[str]) -> str:
        if to in self.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses:
            return "451 try again later"
        mail: Any = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(mail)
        return "250 OK"

    @property
    def address(self) -> str:
        """The channel that leads here."""
        return f"mailto://127.0.0.1:{self.port}?from=loader@shop.example&to=night@shop.example"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A real SMTP server while the block runs."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


class Hook:
    """What a webhook was sent.

    Attributes:
        bodies: JSON objects, in the order in which they came.
        status: what it answers.
        meanwhile: what happens while it is told something.
    """

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.status = 200
        self.port = 0

    @property
    def address(self) -> str:
        """The channel that leads here; it has a secret in its path."""
        return f"json://127.0.0.1:{self.port}/hooks/k3y-0f-the-h00k"


@contextmanager
def webhook() -> Iterator[Hook]:
    """A real HTTP server while the block runs."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.meanwhile()
            if hook.status == 200:
                hook.bodies.append(json.loads(body))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield hook
        finally:
            server.shutdown()


def text_of(mail: EmailMessage) -> str:
    """The part for those who read no HTML."""
    return _part(mail, "plain")


def html_of(mail: EmailMessage) -> str:
    """The part that mail programs show."""
    return _part(mail, "html")


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content
