"""JSON as the wire has it: exact numbers in, and a hash of the content out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec
import simplejson

from ecommerce_pipeline.records.depth import folded
from ecommerce_pipeline.records.wire import Unreadable, decimal_of

DIGEST_BYTES = 8
_LONGEST_INTEGER = 4_000  # Python refuses to read integers of more than 4,300 digits


def decode_json(text: bytes) -> Any:
    """The document, its numbers with a fraction or an exponent as exact Decimals.

    What JSON has not but some shops send (NaN, Infinity) and numbers that no Decimal can hold are kept,
    so that validation refuses the one record and not the whole page.

    Raises:
        ValueError: no JSON, or not in UTF-8, UTF-16 or UTF-32.
    """
    encoding = json.detect_encoding(text)
    whole = folded(
        text if encoding == "utf-8" else text.decode(encoding, "surrogatepass").encode(errors="surrogatepass")
    )
    try:
        return _decode(whole, int)
    except RecursionError:
        raise ValueError("The JSON document never ends its lists.") from None
    except ValueError:
        # Broken JSON fails again; an endless integer does not.
        return _decode(whole, _long_integer)


def _decode(text: bytes, parse_int: Any) -> Any:
    return json.loads(text, parse_float=decimal_of, parse_int=parse_int, parse_constant=Unreadable)


def _long_integer(text: str) -> int | Decimal | Unreadable:
    return int(text) if len(text) < _LONGEST_INTEGER else decimal_of(text)


def encode_json(document: Any) -> bytes:
    """A document as `decode_json` gave it, as JSON again: every number with the digits that it had."""
    return simplejson.dumps(document, use_decimal=True).encode()


def _exact(value: Any) -> str:
    if isinstance(value, Decimal | Unreadable):
        return f"\0decimal:{value}"  # 1.5 is not "1.5"; no accepted text has a NUL
    raise TypeError(f"Got {type(value).__name__}, expected a value that JSON has.")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_exact).encode


def content_hash(raw: Any) -> str:
    """16 hex digits (64 bits) that are equal for equal content, whatever the order of the keys.

    Args:
        raw: a row as `decode_json` gave it. Decimals count with their digits: 1.5 and 1.50 differ.
    """
    return blake2b(_encode(raw).encode(), digest_size=DIGEST_BYTES).hexdigest()


LONGEST_NUMBER = 60
"""Digits up to which a number is written out; beyond it an exponent could make a text of any length."""

_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def row_hash(raw: Any) -> str:
    """The same promise as `content_hash`, for the version of a row; pages that are read as columns give it as well.

    It is `text_hash` of the row as JSON: names sorted, no blanks, in UTF-8, numbers with their digits.

    Args:
        raw: a row as `decode_json` gave it.
    """
    written = _as_written(raw)
    try:
        return text_hash(_encode_sorted(written))
    except UnicodeEncodeError:  # half of a surrogate pair, which no page that is read as columns has
        return content_hash(raw)


def text_hash(text: bytes) -> str:
    """16 hex digits (64 bits) of a text."""
    return blake2b(text, digest_size=DIGEST_BYTES).hexdigest()


def text_digests(texts: Iterable[bytes]) -> bytes:
    """What `text_hash` writes in hex digits, of each of many texts, `DIGEST_BYTES` each."""
    return b"".join([blake2b(text, digest_size=DIGEST_BYTES).digest() for text in texts])


def _as_written(value: Any) -> Any:
    """The value with numbers as they are on the wire, for an encoder that would round or quote them."""
    kind = type(value)
    if kind is dict:
        return {name: _as_written(inner) for name, inner in value.items()}
    if kind is list:
        return [_as_written(inner) for inner in value]
    if kind is Decimal:
        plain = abs(value.adjusted()) < LONGEST_NUMBER > -int(value.as_tuple().exponent)
        return msgspec.Raw((f"{value:f}" if plain else str(value)).encode())
    return msgspec.Raw(str(value).encode()) if kind is Unreadable else value
