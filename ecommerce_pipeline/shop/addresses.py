"""Addresses: shown without secrets, compared by scheme, host and port."""

from __future__ import annotations

from urllib.parse import urlsplit

from dlt.sources.helpers.rest_client.redaction import SENSITIVE_PARAMS, sanitize_url

# Keys and signatures that shops and object stores put into addresses, beside those that dlt knows.
SECRET_PARAMS = SENSITIVE_PARAMS | {
    *("auth", "auth_token", "authorization", "code", "consumer_key", "consumer_secret", "hmac", "jwt"),
    *("oauth_signature", "oauth_token", "passwd", "private_key", "refresh_token", "session", "sessionid"),
    *("sig", "sign", "signature", "x-amz-credential", "x-amz-security-token", "x-amz-signature"),
    *("x-goog-credential", "x-goog-signature"),
}
PORTS = {"http": 80, "https": 443}


def shown_address(address: str) -> str:
    """An address as it may be logged, stored or printed: without user, password, keys and signatures."""
    try:
        parts = urlsplit(address)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
        return sanitize_url(bare.geturl(), SECRET_PARAMS)
    except ValueError:
        return "an unreadable address"


def origin(address: str) -> tuple[str, str, int]:
    """Scheme, host and port of a web address.

    Raises:
        ValueError: it is not an address that begins with http:// or https:// and names a host.
    """
    parts = urlsplit(address)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("an address that begins with https:// or http:// and names a host")
    return parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]
