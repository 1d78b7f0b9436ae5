"""Channels: where alerts go, by addresses of apprise (https://appriseit.com/services/). They carry passwords and keys,
so that none is ever shown: a channel is called by its place in the setting and the word before `://`.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from ecommerce_pipeline.alerts.mail import send_mail
from ecommerce_pipeline.alerts.message import Letter
from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.settings import SHORTEST_SECRET, Settings
from ecommerce_pipeline.shop.addresses import is_open_name
from ecommerce_pipeline.shop.hiding import Hiding

SETTING = "sources.ecommerce.alert_channels"

EXAMPLE = "mailtos://user:password@smtp.example.com?from=a@example.com&to=b@example.com"

BETWEEN = re.compile(r"[\s,]*\s[\s,]*|,+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
"""A comma inside an address, as between two recipients of a mail, ends none."""

NAMES_A_HOST = ("mailto", "mailtos", "json", "jsons", "form", "forms", "xml", "xmls")
"""Of other addresses what stands in the place of a host may be a key."""


@dataclass(frozen=True)
class Channel:
    """One address.

    Attributes:
        name: how people are told which one is meant.
        channel_id: the same for the same receiver, though its password changes.
        service: apprise's object, which sends.
        hiding: knows what must not be shown.
    """

    name: str
    channel_id: str
    service: Any
    hiding: Hiding

    def send(self, letter: Letter) -> str:
        """Send a letter.

        Returns:
            why it could not be sent, as one sentence without secrets; empty where it was.
        """
        from apprise.plugins.email.base import NotifyEmail

        with _said() as said:
            try:
                if isinstance(self.service, NotifyEmail):
                    send_mail(self.service, letter)
                elif not _notify(self.service, letter):
                    return self._sentence(" ".join(said) or "the service did not take it")
            except Exception as error:  # each service raises what it likes
                return self._sentence(f"{type(error).__name__}: {error}")
        return ""

    def _sentence(self, words: str) -> str:
        one_line = " ".join(self.hiding.text(words).split())
        return one_line.rstrip(".") + "."


def channels_of(settings: Settings) -> list[Channel]:
    """The channels of the settings. Each receiver of a mail is one: a server may take a mail for some of them only, and
    who has got it gets it no more.

    Raises:
        SettingError: one of them is no address that apprise knows.
    """
    addresses = [item for item in BETWEEN.split((settings.alert_channels or "").strip(", \t\r\n")) if item]
    return [
        channel
        for number, address in enumerate(addresses, 1)
        for channel in _opened(number, address, settings)
    ]


def _opened(number: int, address: str, settings: Settings) -> list[Channel]:
    scheme, separator, _ = address.partition("://")
    service = _service(address)
    services = _for_each_receiver(service)
    if not services:
        what = f": `{scheme}://` is unknown, or what follows it is incomplete" if separator else ""
        raise SettingError(
            f"`{SETTING}` has something in place {number} that is no address of a channel{what}. Expected addresses"
            f" like {EXAMPLE}, separated by blanks; docs/alerts.md shows more."
        )
    hiding, found = _hiding(address, settings), []
    for place, (receiver, one) in enumerate(services, 1):
        which = f"{number}.{place}" if len(services) > 1 else f"{number}"
        found.append(Channel(f"channel {which} ({scheme})", _identity(address, receiver), one, hiding))
    return found


def _for_each_receiver(service: Any) -> list[tuple[str, Any]]:
    """Receivers of mails with a service for each, those of copies too; any other service as it is."""
    from apprise.plugins.email.base import NotifyEmail

    if not isinstance(service, NotifyEmail):
        return [("", service)] if service else []
    copied = sorted({*service.cc, *service.bcc} - {address for _, address in service.targets})
    receivers = [*service.targets, *((service.names.get(address) or False, address) for address in copied)]
    found = {}
    for name, address in receivers:
        found[address] = copy.copy(service)
        found[address].targets, found[address].cc, found[address].bcc = [(name, address)], set(), set()
    return list(found.items())


def _service(address: str) -> Any:
    """apprise's object of an address; None where it knows none."""
    with warnings.catch_warnings(), _said():
        warnings.simplefilter("ignore", DeprecationWarning)  # of modules that services import
        import apprise

        asset = apprise.AppriseAsset(app_id="ecommerce pipeline", app_desc="ecommerce pipeline", app_url="")
        try:
            return apprise.Apprise.instantiate(address, asset=asset)
        except Exception:  # a service may fail on an address that it does not expect
            return None


def _identity(address: str, receiver: str = "") -> str:
    """A hash of who receives it; what only opens the door is left out.

    Args:
        address: the channel's.
        receiver: of a mail; others of the same address may come and go.
    """
    parts = urlsplit(address)
    user, _, host = parts.netloc.rpartition("@")
    query, path = [(name, value) for name, value in parse_qsl(parts.query) if is_open_name(name)], parts.path
    if receiver:
        query = [(name, value) for name, value in query if name not in ("to", "cc", "bcc")]
        query, path = sorted([*query, ("to", receiver)]), ""
    whole = f"{parts.scheme}://{user.partition(':')[0]}@{host}{path}?{urlencode(query)}#{parts.fragment}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def _hiding(address: str, settings: Settings) -> Hiding:
    """What hides every part of an address that may open a door."""
    hiding = Hiding(settings, "")
    parts = urlsplit(address)
    user, _, host = parts.netloc.rpartition("@")
    found = [*user.split(":", 1), *parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    if parts.scheme not in NAMES_A_HOST:
        found.append(host)
    elif parts.scheme.startswith("mailto"):
        found = [user.partition(":")[2], *(v for name, v in parse_qsl(parts.query) if not is_open_name(name))]
    for secret in found:
        if len(secret) >= SHORTEST_SECRET:
            hiding.remember(secret)
            hiding.remember(unquote(secret))
    return hiding


def _notify(service: Any, letter: Letter) -> bool:
    import apprise

    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    return bool(
        sender.notify(body=letter.chat, title=letter.subject, notify_type="warning", body_format="text")
    )


@contextmanager
def _said() -> Iterator[list[str]]:
    """What apprise logs of its failures is gathered, not printed."""
    said: list[str] = []

    class Gathering(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, handler = logging.getLogger("apprise"), Gathering(logging.WARNING)
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.propagate = before
        logger.removeHandler(handler)
