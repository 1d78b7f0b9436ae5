"""A shop's field names to ours, as its profile declares them. Names move here; values are parsed later."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.records.structure import paths
from ecommerce_pipeline.records.wire import DECIMALS, IdType, InstantFormat, Wire, instant_parser

Tree = dict[str, Any]  # name -> Tree, or None where the whole field is meant
_MISSING: Any = object()


@dataclass(frozen=True)
class Mapping:
    """Where a shop keeps our fields, and how it writes instants and money.

    Attributes:
        fields: our field -> the shop's field, both as dotted paths; a field of ours that is not
            declared has the same name at the shop.
        instant_format: how instants are written; "naive" needs `timezone`.
        timezone: IANA name of the zone of instants without an offset.
        money_scale: n where amounts are whole minor units of 1/10**n; 0 for major units.

    Raises:
        SettingError: a value that cannot be used.
    """

    fields: abc.Mapping[str, str] = field(default_factory=dict)
    instant_format: InstantFormat = "rfc3339"
    timezone: str | None = None
    money_scale: int = 0

    def __post_init__(self) -> None:
        known = get_args(InstantFormat)
        if self.instant_format not in known:
            raise SettingError(
                f"`instant_format` is {self.instant_format!r}, expected one of {', '.join(known)}."
            )
        if self.instant_format == "naive" and self.timezone is None:
            raise SettingError(
                "`instant_format` is naive without a `timezone`; declare one, for example UTC."
            )
        if type(self.money_scale) is not int or not 0 <= self.money_scale <= DECIMALS:
            raise SettingError(
                f"`money_scale` is {self.money_scale!r}, expected an integer from 0 to {DECIMALS}."
            )
        for path in (*self.fields, *self.fields.values()):
            if not isinstance(path, str) or not all(path.split(".")):
                raise SettingError(f"The field path is {path!r}, expected names joined by single dots.")
        self.zone()

    def zone(self) -> tzinfo | None:
        """The declared zone, or None."""
        if self.timezone is None or self.timezone == "UTC":  # UTC works without a zone database
            return UTC if self.timezone else None
        try:
            return ZoneInfo(self.timezone)
        except (OSError, ValueError, KeyError):
            raise SettingError(
                f"`timezone` is {self.timezone!r}, expected an IANA name such as Europe/Berlin."
            ) from None

    def wire(self, id_type: IdType | None) -> Wire:
        """How the models have to read this shop's values."""
        return Wire(instant_parser(self.instant_format, self.zone()), self.money_scale, id_type)


class Canonicaliser:
    """Renames the fields of one resource's rows; built once, called for each row.

    A field of the shop that is consumed under another name is not kept twice. One that has the name
    of a field of ours which is declared to come from elsewhere is kept as `source_<name>`: it means
    something else, and must neither stand in for ours nor vanish.

    Args:
        mapping: the profile's declaration.
        model: the record's model, which tells what our fields are: one of them that another field of
            ours reads too (`placed_at` from `created_at`) stays where it is.
    """

    def __init__(self, mapping: Mapping, model: type[BaseModel] | None = None) -> None:
        self.mapping = mapping
        ours = paths(model) - mapping.fields.keys() if model else frozenset()
        self._consumed = _tree(source for source in mapping.fields.values() if source not in ours)
        # Objects are placed before what is placed inside them.
        moves = sorted((target.count("."), target, source) for target, source in mapping.fields.items())
        self._flat = [(target, source) for _, target, source in moves if "." not in target + source]
        self.deep_moves = [
            (target.split("."), source.split(".")) for _, target, source in moves if "." in target + source
        ]

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with our names; the given row and its parts stay as they are."""
        renamed = _without(row, self._consumed)
        for target, source in self._flat:
            if target in renamed:
                _set_aside(renamed, target)
            if source in row:
                renamed[target] = row[source]
        for target_path, source_path in self.deep_moves:
            _put(renamed, target_path, _read(row, source_path))
        return renamed


def canonical(row: dict[str, Any], mapping: Mapping, model: type[BaseModel] | None = None) -> dict[str, Any]:
    """One row with our names; for many rows build a `Canonicaliser` once."""
    return _canonicaliser(tuple(mapping.fields.items()), model)(row)


@lru_cache(maxsize=64)
def _canonicaliser(fields: tuple[tuple[str, str], ...], model: type[BaseModel] | None) -> Canonicaliser:
    return Canonicaliser(Mapping(dict(fields)), model)


def _tree(dotted: abc.Iterable[str]) -> Tree:
    tree: Tree = {}
    # The shorter path comes first and wins: with the whole object its parts are consumed as well.
    for path in sorted(dotted, key=len):
        *above, last = path.split(".")
        node: Tree | None = tree
        for name in above:
            node = node.setdefault(name, {}) if node is not None else None
        if node is not None:
            node[last] = None
    return tree


def _without(source: dict[str, Any], consumed: Tree) -> dict[str, Any]:
    """A shallow copy without the consumed fields; objects that are emptied by it go too."""
    if not consumed:
        return dict(source)
    rest: dict[str, Any] = {}
    for name, value in source.items():
        if name in consumed:
            below = consumed[name]
            if below is None or value is None:
                continue
            if value and type(value) is dict:
                value = _without(value, below)
                if not value:
                    continue
        rest[name] = value
    return rest


def _read(row: Any, path: list[str]) -> Any:
    """The value at a path. Null on the way is null at its end: a guest's order has `customer: null`."""
    for name in path:
        if row is None:
            return None
        if type(row) is not dict or name not in row:
            return _MISSING
        row = row[name]
    return row


def _set_aside(row: dict[str, Any], name: str) -> None:
    aside = f"source_{name}"
    while aside in row:
        aside = f"source_{aside}"
    row[aside] = row.pop(name)


def _put(row: dict[str, Any], path: list[str], value: Any) -> None:
    """Places a value; the shop's own field of this name, or a scalar on the way, is set aside."""
    *above, last = path
    for name in above:
        inner = row.get(name)
        if inner is not None and type(inner) is not dict:
            _set_aside(row, name)
            inner = None
        if inner is None and value is _MISSING:
            return
        row[name] = row = dict(inner or {})  # a copy: the object may belong to the shop's row
    if last in row:
        _set_aside(row, last)
    if value is not _MISSING:
        row[last] = value
