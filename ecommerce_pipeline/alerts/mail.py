"""Mail with a text of its own beside the HTML."""

from __future__ import annotations

import email
import email.policy
from typing import Any

from ecommerce_pipeline.alerts.message import Letter


def send_mail(service: Any, letter: Letter) -> None:
    """Send a letter over the server that an address of apprise names.

    apprise makes the text of a mail from its HTML, each cell of a table on a line of its own; ours is laid out.

    Args:
        service: apprise's object of the address, which knows server, sender and receivers.
        letter: what to send.

    Raises:
        OSError, smtplib.SMTPException: the server is away, or did not take it.
    """
    from apprise.plugins.email.base import NotifyEmail
    from apprise.plugins.email.smtp import AppriseSMTPController

    with AppriseSMTPController(
        host=service.smtp_host,
        port=service.port,
        secure_mode=service.secure_mode,
        user=service.user,
        password=service.password,
        verify_certificate=service.verify_certificate,
        socket_connect_timeout=service.socket_connect_timeout,
    ) as server:
        for prepared in NotifyEmail.prepare_emails(
            subject=letter.subject,
            body=letter.html,
            from_addr=service.from_addr,
            to=service.targets,
            cc=service.cc,
            bcc=service.bcc,
            reply_to=service.reply_to,
            smtp_host=service.smtp_host,
            headers=service.headers,
            names=service.names,
        ):
            if not server.sendmail(
                service.from_addr[1], prepared.to_addrs, _with_text(prepared.body, letter)
            ):
                raise ConnectionError(f"the mail server did not take the mail for {prepared.recipient}")


def _with_text(prepared: str, letter: Letter) -> str:
    mail: Any = email.message_from_string(prepared, policy=email.policy.default)
    mail.get_body(("plain",)).set_content(letter.text)
    whole: str = mail.as_string(policy=email.policy.SMTP)
    return whole
