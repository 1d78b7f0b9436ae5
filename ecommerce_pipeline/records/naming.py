"""Which columns the names of a row become, and which names would lose or break some of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel

from ecommerce_pipeline.records.columns import BOOKKEEPING
from ecommerce_pipeline.records.structure import fields

SEPARATOR = "__"
Path = tuple[str, ...]
_ABSENT: Any = object()

_REDUCED = str.maketrans("+-*@|", "x_xal")
_OUTSIDE = re.compile(r"[^a-zA-Z\d_]+")
_BEFORE_WORD = re.compile("([^_])([A-Z][a-z]+)")
_BEFORE_CAPITAL = re.compile("([a-z0-9])([A-Z])")
_LEADING_DIGITS = re.compile(r"^\d+")
_UNDERSCORES = re.compile("__+")
_PLAIN = re.compile("(?=.*[A-Za-z0-9])[ -~]*").fullmatch
_VARIANT = re.compile(
    r"(?:.*__)?v_(?:text|double|bool|timestamp|bigint|binary|json|decimal|wei|date|time)x*"
).fullmatch


@dataclass(frozen=True)
class Shape:
    """The known fields of an object: name -> shape of what is inside (empty for scalars)."""

    known: dict[str, Shape]
    names: frozenset[str]
    reserved: frozenset[str]
    declared: bool = True


UNKNOWN = Shape({}, frozenset(), frozenset(), declared=False)
SCALAR = Shape({}, frozenset(), frozenset())


@cache
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a record; the bookkeeping names are reserved on its first level."""
    inner = _part(model)
    return Shape(inner.known, inner.names, frozenset(BOOKKEEPING))


def _part(model: type[BaseModel]) -> Shape:
    known = {name: _part(field.model) if field.model else SCALAR for name, field in fields(model).items()}
    return Shape(known, frozenset(known), frozenset())


@lru_cache(maxsize=4096)
def normalised(name: str) -> str:
    """The column that dlt's default naming (snake_case) makes of a field's name, before it is shortened.

    dlt reads two underscores as a step into an object: `a__b` beside `a: {b}` is the same column.
    Empty where dlt would make a column without a name.
    """
    return SEPARATOR.join(_identifier(part.strip()) for part in name.split(SEPARATOR) if part.strip())


def _identifier(name: str) -> str:
    text = _OUTSIDE.sub("_", name.translate(_REDUCED))
    text = _BEFORE_CAPITAL.sub(r"\1_\2", _BEFORE_WORD.sub(r"\1_\2", text)).lower()
    if _LEADING_DIGITS.match(text):
        text = "_" + text
    stripped = text.rstrip("_")
    return _UNDERSCORES.sub("_", stripped + "x" * (len(text) - len(stripped)))


@lru_cache(maxsize=4096)
def landing_name(name: str) -> str:
    """The name under which a field that nobody declared goes to dlt, so that it shares no column.

    dlt drops what is no ASCII letter or digit: the names of two fields in Chinese would be one column, so such
    a name gets a short hash. A name that ends like the columns that dlt adds for values of a second type
    (`x__v_text`) gets an `x`.
    """
    column = normalised(name)
    if column and not _PLAIN(name):
        column = f"{column}_{blake2b(name.encode(errors='replace'), digest_size=4).hexdigest()}"
    elif not _VARIANT(column):
        return name
    return f"{column}x" if _VARIANT(column) else column


@lru_cache(maxsize=4096)
def refused_names(names: tuple[str, ...], shape_names: frozenset[str], reserved: frozenset[str]) -> Refused:
    """What is wrong with an object's names. Objects of one kind share their names, so this is looked up.

    Args:
        names: all names of the object.
        shape_names: the known ones; they count even where the object lacks them, as their columns exist.
        reserved: columns that no name may become.
    """
    found: list[tuple[str, str]] = []
    columns: dict[str, list[str]] = {name: [name] for name in shape_names}
    for name in names:
        rules = _name_rules(name, reserved)
        found.extend((name, rule) for rule in rules)
        if not rules and name not in shape_names:
            columns.setdefault(column_of(name), []).append(name)
    present = set(names)
    for claimants in columns.values():
        if len(claimants) > 1:
            found.extend((name, "name_clash") for name in claimants if name in present)
    strangers = [name for name in names if type(name) is str and name not in shape_names]
    renamed = {name: landing_name(name) for name in strangers if landing_name(name) != name}
    return Refused(tuple(found), any(SEPARATOR in column for column in columns), renamed)


@dataclass(frozen=True)
class Refused:
    """Refused names of an object as (name, rule).

    Attributes:
        crosses: a name reaches into another object's columns; `crossing` has to look at the values.
        renamed: names that go to dlt under another one.
    """

    names: tuple[tuple[str, str], ...]
    crosses: bool
    renamed: dict[str, str]


def column_of(name: str) -> str:
    """The column of a field that nobody declared, as dlt names it."""
    return normalised(landing_name(name))


def _name_rules(name: Any, reserved: frozenset[str]) -> list[str]:
    if type(name) is not str:
        return ["not_json"]
    column = normalised(name)
    if not column:
        return ["empty_name"]
    return text_rules(name) + (["reserved_name"] if column.startswith("_dlt") or column in reserved else [])


def text_rules(text: str) -> list[str]:
    """The rules that a text breaks, whether it is a name or a value."""
    rules = ["nul_character"] if "\0" in text else []
    try:
        text.encode()
    except UnicodeEncodeError:
        rules.append("not_unicode")
    return rules


def crossing(row: dict[str, Any], shape: Shape, levels: int) -> list[tuple[str, Any]]:
    """Fields of an object, at any depth, whose column another one has too: (dotted path, value)."""
    columns: dict[str, dict[Path, Any]] = {}
    for column, path, value in _flattened(row, shape, (), (), levels):
        columns.setdefault(SEPARATOR.join(column), {})[path] = value
    clashes = [fields for fields in columns.values() if len(fields) > 1]
    return [
        (".".join(path), value)
        for fields in clashes
        for path, value in fields.items()
        if value is not _ABSENT
    ]


def _flattened(
    value: Any, shape: Shape, column: Path, path: Path, levels: int
) -> Iterator[tuple[Path, Path, Any]]:
    """All scalars, present or known; the elements of a list share the path of the list."""
    kind = type(value)
    if kind is list and levels:
        for item in value:
            yield from _flattened(item, shape, column, path, levels - 1)
        return
    names = [name for name in value if type(name) is str] if kind is dict and levels else []
    for name in dict.fromkeys([*names, *shape.known]):
        inner = value[name] if name in names else _ABSENT
        below = shape.known.get(name, UNKNOWN)
        part = name if name in shape.known else column_of(name)
        yield from _flattened(inner, below, (*column, part), (*path, name), levels - 1)
    if not names and not shape.known:
        yield column, path, value
