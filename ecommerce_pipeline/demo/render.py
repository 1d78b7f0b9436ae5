"""Rows as they go over the wire: RFC 3339 instants, money as decimal strings."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from ecommerce_pipeline.demo.options import Precision

_TIMESPEC = {"microsecond": "microseconds", "millisecond": "milliseconds", "second": "seconds"}


class Renderer:
    """Encodes in one precision of instants."""

    def __init__(self, precision: Precision) -> None:
        self._encode = json.JSONEncoder(
            ensure_ascii=False, separators=(",", ":"), default=_writer(_TIMESPEC[precision])
        ).encode

    def body(self, document: Any) -> bytes:
        """A document as UTF-8 JSON."""
        return self._encode(document).encode()

    def plain(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row as a reader of the API gets it."""
        decoded: dict[str, Any] = json.loads(self._encode(row))
        return decoded


def _writer(timespec: str) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, datetime):
            return value.isoformat(timespec=timespec)[:-6] + "Z"
        raise TypeError(f"The shop cannot serve a {type(value).__name__}.")

    return write
