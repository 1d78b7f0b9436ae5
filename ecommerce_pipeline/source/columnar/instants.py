"""Instants as columns."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_pipeline.records.canonical import Mapping
from ecommerce_pipeline.records.layout import Kind, Unfit
from ecommerce_pipeline.source.columnar.arrays import BOOLEAN, INSTANT, TEXT, Convert, Converted, where, whole

_MOMENT = (
    r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
)
WITH_OFFSET = rf"\A{_MOMENT}(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])\z"
WITHOUT_OFFSET = rf"\A{_MOMENT}\z"
LATEST_UNIX_SECONDS = 4_102_444_800  # the year 2100


def instants(kinds: set[Kind], mapping: Mapping) -> Convert:
    """How instants become a column, by how the shop writes them.

    Raises:
        Unfit: they are not of the one kind that the format has.
    """
    form, parse = mapping.instant_format, mapping.wire(None).instant
    if kinds - ({"int"} if form in ("unix", "unix_ms") else {"str"}):
        raise Unfit(f"instants that are {' and '.join(sorted(kinds))}")
    if form in ("unix", "unix_ms"):
        return lambda values: _since_1970(values, 1_000_000 if form == "unix" else 1_000)
    if form == "rfc3339":
        return lambda values: _moments(values, WITH_OFFSET, parse)
    if form == "naive" and mapping.timezone == "UTC":
        return lambda values: _moments(values, WITHOUT_OFFSET, parse)
    return lambda values: _parsed(pa.array(values, TEXT), values, parse)


def _since_1970(values: Sequence[Any], microseconds: int) -> Converted:
    counts, fits = whole(values)
    latest = LATEST_UNIX_SECONDS * 1_000_000 // microseconds
    right = pc.and_(pc.greater_equal(counts, 0), pc.less(counts, latest))
    right = right if fits is None else pc.if_else(pc.equal(fits, False), fits, right)
    return pc.cast(pc.multiply(where(right, counts), microseconds), INSTANT), right


def _moments(values: Sequence[Any], pattern: str, parse: Callable[[Any], datetime]) -> Converted:
    texts = pa.array(values, TEXT)
    right = pc.match_substring_regex(texts, pattern)
    usable = where(right, texts)
    try:
        if pattern == WITHOUT_OFFSET:
            return pc.cast(pc.cast(usable, pa.timestamp("us")), INSTANT), right
        return pc.cast(usable, INSTANT), right
    except pa.ArrowInvalid:  # a day that the calendar has not
        return _parsed(texts, values, parse)


def _parsed(texts: pa.Array, values: Sequence[Any], parse: Callable[[Any], datetime]) -> Converted:
    """Instants that only our own parser can read."""
    moments = [_instant(value, parse) for value in values]
    right = pc.is_valid(pa.array(moments, INSTANT))
    return pa.array(moments, INSTANT), pc.if_else(pc.is_valid(texts), right, pa.scalar(None, BOOLEAN))


def _instant(value: Any, parse: Callable[[Any], datetime]) -> datetime | None:
    with contextlib.suppress(ValueError):
        return parse(value) if value is not None else None
    return None
