"""What would break the warehouse in any record, known field or not, found in one walk over it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ecommerce_pipeline.records.naming import UNKNOWN, Shape, crossing, refused_names, text_rules
from ecommerce_pipeline.records.rules import Reason, reason
from ecommerce_pipeline.records.wire import Unreadable

DEEPEST = 12
LEAST, GREATEST = -(2**63), 2**63 - 1
LOADER_MARKS = "".join(map(chr, range(0xF026, 0xF02E)))
"""dlt writes a Decimal or an instant as a text after one of these, and reads any such text so."""


def walked(row: dict[str, Any], shape: Shape) -> tuple[dict[str, Any], list[Reason]]:
    """A copy of the row that can land, and all reasons why it cannot.

    Numbers of fields that nobody declared become what a column holds exactly: integers of 64 bits and
    doubles stay numbers, all others become the text of their digits. Numbers of declared fields stay.
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
        elif value is not None and not (kind is int and LEAST <= value <= GREATEST):
            value = _other(value, known.get(name, UNKNOWN), f"{path}{name}", depth, reasons)
        copy[name] = value
    return {refused.renamed.get(name, name): copy[name] for name in copy} if refused.renamed else copy


def _other(value: Any, shape: Shape, path: str, depth: int, reasons: list[Reason]) -> Any:
    """Anything but a usual scalar of an object: elements of lists, containers, unusual numbers."""
    kind = type(value)
    if kind is dict or kind is list:
        return _container(value, shape, path, depth + 1, reasons)
    if kind is str:
        _text(value, path, reasons)
    elif kind is int:
        return _integer(value, shape, path, reasons)
    elif kind is Decimal or kind is float or kind is Unreadable:
        return _number(value, shape, path, reasons)
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


def _integer(value: int, shape: Shape, path: str, reasons: list[Reason]) -> int | str:
    if LEAST <= value <= GREATEST:
        return value
    if not shape.declared:
        return str(Decimal(value))  # str() of an int stops at 4,300 digits
    reasons.append(reason(path, "integer_too_large", value))
    return value


def _number(value: Any, shape: Shape, path: str, reasons: list[Reason]) -> Any:
    """A double where it is the same number, else the number's digits as text."""
    if shape.declared and type(value) is Decimal:
        return value  # its field knows what it may be
    if type(value) is Unreadable or not Decimal(value).is_finite():
        reasons.append(reason(path, "not_finite", value))
        return value
    number = float(value)
    return number if type(value) is float or Decimal(repr(number)) == value else str(value)


def _text(text: str, path: str, reasons: list[Reason]) -> None:
    reasons.extend(reason(path, rule, text) for rule in text_rules(text))
    if text[1:] and text[0] in LOADER_MARKS:
        reasons.append(reason(path, "loader_mark", text))
