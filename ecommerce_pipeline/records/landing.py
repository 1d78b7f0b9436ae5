"""What would break the warehouse in any record, known field or not, found in one walk over it."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from ecommerce_pipeline.records.naming import UNKNOWN, Shape, crossing, refused_names, text_rules
from ecommerce_pipeline.records.rules import Reason, reason

DEEPEST = 12
_LEAST, _GREATEST = -(2**63), 2**63 - 1


def walked(row: dict[str, Any], shape: Shape) -> tuple[dict[str, Any], list[Reason]]:
    """A copy of the row that can land, and all reasons why it cannot.

    Decimals in unknown fields become floats, which dlt stores as double; those in known fields stay.
    """
    reasons: list[Reason] = []
    return _object(row, shape, "", 1, reasons), reasons


def _object(
    row: dict[str, Any], shape: Shape, path: str, depth: int, reasons: list[Reason]
) -> dict[str, Any]:
    refused = refused_names(tuple(row), shape.names, shape.reserved)
    reasons.extend(reason(f"{path}{name}", rule, row[name]) for name, rule in refused.names)
    if refused.crosses:
        clashes = crossing(row, shape, DEEPEST - depth)
        reasons.extend(reason(f"{path}{place}", "name_clash", value) for place, value in clashes)
    copy: dict[str, Any] = {}
    known = shape.known
    for name, value in row.items():
        kind = type(value)
        # The usual scalars are settled here: a call per field would double the time of a record.
        if kind is str:
            if not value.isascii() or "\0" in value:
                _text(value, f"{path}{name}", reasons)
        elif kind is int:
            if not _LEAST <= value <= _GREATEST:
                reasons.append(reason(f"{path}{name}", "integer_too_large", value))
        elif value is not None and not (kind is Decimal and name in known):
            value = _other(value, known.get(name, UNKNOWN), f"{path}{name}", depth, reasons)
        copy[name] = value
    return copy


def _other(value: Any, shape: Shape, path: str, depth: int, reasons: list[Reason]) -> Any:
    """Anything but a usual scalar of an object: elements of lists, containers, unknown numbers."""
    kind = type(value)
    if kind is dict or kind is list:
        return _container(value, shape, path, depth + 1, reasons)
    if kind is Decimal or kind is float:
        return _double(value, path, reasons)
    if kind is str:
        _text(value, path, reasons)
    elif kind is int:
        if not _LEAST <= value <= _GREATEST:
            reasons.append(reason(path, "integer_too_large", value))
    elif kind is not bool and value is not None:
        reasons.append(reason(path, "not_json", value))
    return value


def _container(value: Any, shape: Shape, path: str, depth: int, reasons: list[Reason]) -> Any:
    if depth > DEEPEST:
        reasons.append(reason(path, "nesting_too_deep", value))
        return None
    if type(value) is dict:
        return _object(value, shape, f"{path}.", depth, reasons)
    return [_other(item, shape, f"{path}.{place}", depth, reasons) for place, item in enumerate(value)]


def _double(value: Decimal | float, path: str, reasons: list[Reason]) -> float | Decimal:
    # A signalling NaN cannot become a float at all.
    number = float(value) if type(value) is float or value.is_finite() else math.nan  # type: ignore[union-attr]
    if math.isfinite(number):
        return number
    reasons.append(reason(path, "not_finite", value))
    return value


def _text(text: str, path: str, reasons: list[Reason]) -> None:
    reasons.extend(reason(path, rule, text) for rule in text_rules(text))
