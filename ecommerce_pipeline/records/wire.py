"""How values are written on the wire, and what they become: aware UTC instants, exact Decimals, ids.

Each parser gives the value or raises `refused(rule)`. None of them rounds money.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from simplejson import RawJSON

from ecommerce_pipeline.records.rules import refused

InstantFormat = Literal["rfc3339", "unix", "unix_ms", "rfc2822", "naive"]
IdType = Literal["integer", "text"]

INTEGER_DIGITS = 29
DECIMALS = 9

# The default context rounds to 28 digits; the column holds 38.
_EXACT = Context(prec=80, Emax=MAX_EMAX, Emin=MIN_EMIN)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?").fullmatch
_USUAL_MONEY = re.compile(r"-?[0-9]{1,29}(?:\.[0-9]{1,9})?").fullmatch
_INTEGER = re.compile(r"[+-]?[0-9]{1,38}").fullmatch
_STAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:?[0-5][0-9])?"
).fullmatch
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch
_EMAIL_LENGTH = 320  # the longest address that RFC 5321 allows; also bounds the expression's work
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wire:
    """What a shop's profile says about its values; handed to the models as validation context."""

    instant: Callable[[Any], datetime]
    money_scale: int = 0
    id_type: IdType | None = None


def instant_parser(instant_format: InstantFormat, zone: tzinfo | None = None) -> Callable[[Any], datetime]:
    """A parser for one format.

    Args:
        instant_format: as the profile declares it.
        zone: the zone of texts without an offset; None refuses them. In the hour that a clock change
            repeats, the first of the two instants is meant.

    Returns:
        A function of the wire's value that gives an aware UTC datetime of microsecond precision;
        finer fractions are cut, as the column has no room for them. It raises `refused("not_an_instant")`.
    """
    if instant_format == "unix":
        return lambda value: _unix(value, 1_000_000)
    if instant_format == "unix_ms":
        return lambda value: _unix(value, 1_000)
    if instant_format == "rfc2822":
        return lambda value: _rfc2822(value, zone)
    return lambda value: _rfc3339(value, zone)


def _rfc3339(value: Any, zone: tzinfo | None) -> datetime:
    match = _STAMP(value) if type(value) is str else None
    if match is None:
        raise refused("not_an_instant")
    try:
        stamp = datetime.fromisoformat(value.upper())
    except ValueError:
        raise refused("not_an_instant") from None
    return stamp if stamp.tzinfo is UTC else as_utc(stamp, zone)


def _rfc2822(value: Any, zone: tzinfo | None) -> datetime:
    if type(value) is not str:
        raise refused("not_an_instant")
    try:
        stamp = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise refused("not_an_instant") from None
    # RFC 2822 3.3: "-0000" is UTC, without saying anything about the local zone.
    return as_utc(stamp, UTC if value.rstrip().endswith("-0000") else zone)


def as_utc(stamp: datetime, zone: tzinfo | None = None) -> datetime:
    """The same instant in UTC, a naive one read in `zone`; else `refused("not_an_instant")`."""
    if stamp.tzinfo is None:
        if zone is None:
            raise refused("not_an_instant")
        stamp = stamp.replace(tzinfo=zone)
    try:
        return stamp.astimezone(UTC)
    except OverflowError:  # the first and last hours that datetime knows
        raise refused("not_an_instant") from None


def _unix(value: Any, microseconds: int) -> datetime:
    number = _number(value)
    # The size is looked at first: an exponent of a million would make an integer of a million digits.
    if number is None or not number.is_finite() or number.adjusted() > 18:
        raise refused("not_an_instant")
    count = int(_EXACT.multiply(number, Decimal(microseconds)).to_integral_value(rounding="ROUND_FLOOR"))
    try:
        return _EPOCH + timedelta(microseconds=count)
    except OverflowError:
        raise refused("not_an_instant") from None


def _number(value: Any) -> Decimal | None:
    """The Decimal of an int, a Decimal or a numeric text; None for anything else (bool and float too)."""
    kind = type(value)
    if kind is Decimal:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return Decimal(value)
    if kind is str and _NUMBER(value) is not None:
        return Decimal(value)
    return None


def money(value: Any, scale: int = 0) -> Decimal:
    """An amount, exactly as the wire has it.

    Args:
        value: Decimal, int or numeric text, in major units; where `scale` is not 0, an int or a text
            of digits in minor units.
        scale: how many decimals the minor unit stands for; 2 for cents.

    Raises:
        PydanticCustomError: "not_money", "not_minor_units", "not_finite", "too_many_digits",
            "too_many_decimals".
    """
    if scale == 0:
        if type(value) is str and _USUAL_MONEY(value) is not None:
            return Decimal(value)
        number = _number(value)
        if number is None:
            raise refused("not_money")
        return exact(number)
    return exact(_EXACT.scaleb(_minor_units(value), -scale))


def _minor_units(value: Any) -> Decimal:
    if type(value) is int or (type(value) is str and _INTEGER(value) is not None):
        return Decimal(value)
    # 12.50 where cents are declared may be 12.50 cents or 12.50 euros: nobody can tell.
    raise refused("not_money" if _number(value) is None else "not_minor_units")


def exact(number: Decimal) -> Decimal:
    """The same number with a form that DECIMAL(38, 9) holds without rounding, or `refused(...)`."""
    if not number.is_finite():
        raise refused("not_finite")
    _, digits, shown = number.as_tuple()
    exponent = int(shown)  # only infinite numbers and NaN have a letter here
    if -DECIMALS <= exponent <= 0 and len(digits) + exponent <= INTEGER_DIGITS:
        return number
    if not number:
        return Decimal(0)
    if number.adjusted() >= INTEGER_DIGITS:
        raise refused("too_many_digits")
    if exponent < -DECIMALS and any(digits[exponent + DECIMALS :]):
        raise refused("too_many_decimals")
    places = max(-DECIMALS, min(exponent, 0))
    return number.quantize(Decimal((0, (1,), places)), context=_EXACT)


def is_email(text: str) -> bool:
    """Whether a text has the form of an e-mail address."""
    return len(text) <= _EMAIL_LENGTH and _EMAIL(text) is not None


class Unreadable(RawJSON):
    """A number that no Decimal can hold, or NaN or Infinity; simplejson writes it as it came."""

    def __repr__(self) -> str:
        return str(self.encoded_json)


def decimal_of(text: str) -> Decimal | Unreadable:
    """The Decimal of a JSON number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Unreadable(text)


RFC3339 = Wire(instant_parser("rfc3339"))
