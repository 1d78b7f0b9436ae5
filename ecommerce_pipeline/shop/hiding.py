"""What may be shown and kept of a shop's words: everything but the secrets that it was sent."""

from __future__ import annotations

import base64
import functools
import json
import logging
import re
import weakref
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit

from ecommerce_pipeline.settings import SHORTEST_SECRET, Settings
from ecommerce_pipeline.shop.addresses import HIDDEN, is_open_name, shown_address

SHORTEST_IN_A_BODY = 16
"""Characters of a secret that is replaced in the body of a page. A shorter one may be a word that rows rightly have:
a user `orders`, a password `Berlin`.
"""

PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_.~-]+)*/?")
_VALUE = rf"(?:[A-Za-z0-9_.~+-]|{'|'.join(map(quote_plus, '!#$&(),/:;<=>?@'))})"
PLAIN_QUERY = re.compile(rf"(?:[A-Za-z0-9_.-]+={_VALUE}*(?:&(?!$)|$))*")
"""Written as the standard library writes parameters, so that it would come out of reading and writing as it is."""

WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


class Hiding:
    """Knows the secrets of one shop: those of the settings, and every access token that it gave.

    Args:
        settings: has the secrets.
        base_url: its scheme, host and port are never hidden, whatever the secrets are.
    """

    def __init__(self, settings: Settings, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._secrets = (*settings.secrets, *_basic(settings))
        for name in LIBRARY_LOGS:
            logging.getLogger(name).addFilter(_LIBRARY_LOG)
        _LIBRARY_LOG.hidings.add(self)

    def remember(self, token: str | None) -> None:
        """Another secret: an access token that the shop gave."""
        if token and len(token) >= SHORTEST_SECRET and token not in self._secrets:
            self._secrets = (*self._secrets, token)

    def text(self, text: str) -> str:
        """A text of the shop's, the secrets replaced by `***`, percent-encoded and escaped ones too."""
        for pattern in _patterns(self._secrets):
            text = pattern.sub(HIDDEN, text)
        return text

    def address(self, address: str) -> str:
        """An address as it may be logged, stored or printed: without what stands in the name or place of a secret."""
        if self._is_open(address):
            return address
        head = self._origin if address.startswith(self._origin) else ""
        # Before and after, since reading an address joins and decodes its parts.
        shown = shown_address(head + self.text(address[len(head) :]))
        return head + self.text(shown[len(head) :]) if shown.startswith(head) else self.text(shown)

    def _is_open(self, address: str) -> bool:
        """Whether an address is one that nothing needs to be taken out of, and that is written as it would be shown;
        most are, and to take one apart and put it together again costs as much as half a request.
        """
        path, _, query = address.removeprefix(self._origin).partition("?")
        if not (
            address.startswith(self._origin) and PLAIN_PATH.fullmatch(path) and PLAIN_QUERY.fullmatch(query)
        ):
            return False
        names = [item.partition("=")[0] for item in query.split("&")]
        told = f"{path}?{query}"
        return all(map(is_open_name, names)) and not any(
            pattern.search(told) for pattern in _patterns(self._secrets)
        )

    def body(self, body: bytes) -> bytes:
        """A page's body, secrets of `SHORTEST_IN_A_BODY` characters or more replaced; the same object without any."""
        wide = not json.detect_encoding(body).startswith("utf-8")
        for form in _forms(self._secrets):
            for encoding in WIDE if wide else ("utf-8",):
                if (found := form.encode(encoding)) in body:
                    body = body.replace(found, HIDDEN.encode(encoding))
        return body


def _basic(settings: Settings) -> tuple[str, ...]:
    """The form in which a user and a password travel, and a client and its secret at some token endpoints."""
    pairs = (
        (settings.shop_username, settings.shop_password),
        (settings.shop_client_id, settings.shop_client_secret),
    )
    return tuple(base64.b64encode(f"{u}:{p or ''}".encode()).decode() for u, p in pairs if u)


@functools.lru_cache(maxsize=64)
def _patterns(secrets: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Find some secrets, the longest first: it may have another one in it."""
    return tuple(map(_pattern, sorted(secrets, key=len, reverse=True)))


@functools.lru_cache(maxsize=1024)
def _pattern(secret: str) -> re.Pattern[str]:
    """Finds a secret, each character as it is, percent-encoded (twice, too) or escaped as in JSON.

    One for each: to compile one for all of them anew takes seconds where a shop gives a new access token every minute.
    """
    return re.compile("".join(map(_character, secret)), re.IGNORECASE)


def _character(character: str) -> str:
    percent = "".join(f"%(?:25){{0,2}}{byte:02x}" for byte in character.encode())
    blank = r"|\+" if character == " " else ""
    return rf"(?:\\{{0,2}}{re.escape(character)}|{percent}|\\{{1,2}}u{ord(character):04x}{blank})"


@functools.lru_cache(maxsize=64)
def _forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """How long secrets may stand in a body; a search for fixed texts costs a fraction of one for a pattern."""
    long = [secret for secret in sorted(secrets, key=len, reverse=True) if len(secret) >= SHORTEST_IN_A_BODY]
    return tuple(dict.fromkeys(form for secret in long for form in _written(secret)))


def _written(secret: str) -> Iterable[str]:
    yield secret
    for encode in (functools.partial(quote, safe=""), quote, quote_plus):
        encoded = encode(secret)
        yield from (encoded, re.sub("%..", lambda found: found[0].lower(), encoded))
    for ascii_only in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield from (escaped, escaped.replace("/", r"\/"))


LIBRARY_LOGS = ("urllib3.connectionpool", "urllib3.connection", "urllib3.response", "urllib3.util.retry")


class _LibraryLog(logging.Filter):
    """urllib3 logs whole addresses, and headers that it cannot read, to a person who turns its log on."""

    def __init__(self) -> None:
        super().__init__()
        self.hidings: weakref.WeakSet[Hiding] = weakref.WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for hiding in tuple(self.hidings):
            text = hiding.text(text)
        record.msg, record.args = text, ()
        record.exc_info = record.exc_text = None
        return True


_LIBRARY_LOG = _LibraryLog()
