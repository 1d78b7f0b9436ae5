"""Addresses: shown without secrets, compared by scheme, host and port."""

from __future__ import annotations

import functools
import re
from urllib.parse import parse_qsl, urlsplit

from dlt.sources.helpers.rest_client.redaction import SENSITIVE_PARAMS, sanitize_url
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

HIDDEN = "***"

# Keys and signatures that shops and object stores put into addresses, beside those that dlt knows.
SECRET_PARAMS = SENSITIVE_PARAMS | {
    *(
        "auth",
        "authorization",
        "code",
        "consumer_key",
        "hmac",
        "jwt",
        "oauth_consumer_key",
        "pass",
        "passphrase",
    ),
    *("private_key", "session", "session_id", "sessionid", "sid", "sig", "sign"),
}

# Names made of several words: X-Amz-Signature, shop_token, apiSecret, auth[token].
SECRET_WORD = re.compile(r"secret|passw|signature|credential|(api|access)[-_]?key|token\]?$", re.IGNORECASE)

# A token that leads to a page opens no door, and without it nobody could tell which page it was.
PAGE_TOKEN = re.compile(r"(page|next|prev|previous|continuation|cursor|sync)[-_]?token$", re.IGNORECASE)

UNSAFE = re.compile(r"[\\\s\x00-\x1f]")
PORTS = {"http": 80, "https": 443}


def shown_address(address: str) -> str:
    """An address as it may be logged, stored or printed: without user, password, keys and signatures."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # a password with a slash in it looks like a port, and what follows like a path
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
        names = {name for name, _ in parse_qsl(bare.query, keep_blank_values=True)}
        return sanitize_url(bare.geturl(), SECRET_PARAMS | {name for name in names if _is_secret(name)})
    except ValueError:
        return "an unreadable address"


def origin(address: str) -> tuple[str, str, int]:
    r"""Scheme, host and port of a web address, as urllib3 reads it, which connects.

    The standard library reads the host `two` from `http://one\@two`, urllib3 `one`.

    Raises:
        ValueError: it is not an address that begins with http:// or https:// and names a host.
    """
    try:
        parts = parse_url(address)
        host = (parts.host or "").encode("idna").decode()
    except (LocationParseError, UnicodeError):
        host = ""
    if not host or parts.scheme not in PORTS or parts.auth or UNSAFE.search(address.partition("?")[0]):
        raise ValueError(
            "an address that begins with https:// or http://, names a host and has no user or password in it"
        )
    return parts.scheme, host, parts.port or PORTS[parts.scheme]


def base_origin(address: str) -> tuple[str, str, int]:
    """The origin of an address that paths are put behind.

    Raises:
        ValueError: it has no origin, or it has parameters, which would swallow the path.
    """
    if "?" in address or "#" in address:
        raise ValueError("an address without parameters")
    return origin(address)


@functools.lru_cache(maxsize=256)
def is_open_name(name: str) -> bool:
    """Whether the value of a parameter of that name is shown."""
    return name.lower() not in SECRET_PARAMS and not _is_secret(name)


def _is_secret(name: str) -> bool:
    return SECRET_WORD.search(name) is not None and not PAGE_TOKEN.search(name)
