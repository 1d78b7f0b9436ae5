"""The rules that a record can break: one stable code each, and the sentence that explains it.

Codes are stored in `rejected_records` and counted in the account of a run, so they do not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

RULES: dict[str, str] = {
    "empty_name": "A field needs a name; this one is empty or blank.",
    "empty_text": "The text must not be empty or blank.",
    "integer_too_large": "Integers must fit into 64 bits with a sign.",
    "loader_mark": "The text begins with a character (U+F026 to U+F02D) that dlt takes for a mark of its own.",
    "missing": "The field is required and is not there.",
    "name_clash": "Two fields of one object would become the same column; map one of them in the profile.",
    "negative": "The number must not be negative.",
    "nesting_too_deep": "Objects and lists may be nested 12 levels deep, the record itself included.",
    "not_a_currency": "A currency is three capital ASCII letters, for example EUR.",
    "not_a_list": "The field must be a list.",
    "not_a_quantity": "A quantity is a number: an integer or a decimal, not a text.",
    "not_an_email": "An email address has the form name@domain.tld, without blanks.",
    "not_an_instant": "An instant is written as the profile declares, with an offset or a declared zone.",
    "not_an_object": "The value must be an object with named fields.",
    "not_finite": "Numbers must be finite and representable.",
    "not_json": "The value is of a type that JSON does not have.",
    "not_minor_units": "The profile declares whole minor units; this amount is no integer.",
    "not_money": "Money is an integer, a decimal or a numeric text such as 12.50; never a float.",
    "not_text": "The field must be a text.",
    "not_unicode": "The text has half of a surrogate pair and cannot be stored.",
    "nul_character": "The text has a NUL character, which databases refuse.",
    "null": "The field must not be null.",
    "parent_refused": "The record that the row came in was refused; the row is kept inside it.",
    "reserved_name": "The name belongs to dlt or to this pipeline's own columns.",
    "too_many_decimals": "At most 9 decimals are kept; this number would be rounded.",
    "too_many_digits": "At most 29 digits before the decimal point are kept.",
    "wrong_id_type": "The id is not of the type that the profile declares.",
}

SHOWN = 200


@dataclass(frozen=True)
class Reason:
    """Why a record was refused.

    Attributes:
        field: dotted path of our field name, list positions as numbers; empty for the record itself.
        rule: a code of `RULES`.
        value: the value's repr, at most 200 characters; empty where the field is missing.
    """

    field: str
    rule: str
    value: str


def reason(path: str, rule: str, value: Any) -> Reason:
    """A reason whose texts can be stored anywhere: no control characters, no lone surrogates."""
    return Reason(storable(path)[:SHOWN], rule, shown(value))


def storable(text: str) -> str:
    """The text itself, or with escapes where it has characters that cannot be printed."""
    return text if text.isprintable() else repr(text)[1:-1]


def shown(value: Any) -> str:
    """The value's repr, cut at 200 characters."""
    try:
        return repr(value)[:SHOWN]
    except (ValueError, RecursionError):  # integers of over 4,300 digits; very deep nesting
        return f"<{type(value).__name__} too large to show>"


def refused(rule: str) -> PydanticCustomError:
    """The error that a field's parser raises; pydantic collects it with all others."""
    return PydanticCustomError(rule, RULES[rule])
