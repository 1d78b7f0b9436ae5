"""The rows of one page as objects of one type; what a walk asks of a page is answered without a look at each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import repeat
from typing import Any

import msgspec

from ecommerce_pipeline.records.layout import RowType
from ecommerce_pipeline.shop.instants import CursorInstants
from ecommerce_pipeline.shop.page import Identity, identities_of

_DAY, _TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}", "[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+)?Z"
_ONE_FORM = re.compile(f"(?:{_DAY}T{_TIME})+|(?:{_DAY} {_TIME})+").fullmatch


class Lazily(Sequence[Any]):
    """A sequence of known length that is made when somebody looks into it."""

    def __init__(self, length: int, make: Callable[[], list[Any]]) -> None:
        self._length = length
        self._make = make

    @cached_property
    def _made(self) -> list[Any]:
        return self._make()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: Any) -> Any:
        return self._made[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._made)


@dataclass(frozen=True)
class TypedRows:
    """Rows that were decoded as objects.

    Attributes:
        kind: their type.
        rows: the objects; `kind.nothing` in the place of a row that does not fit.
        unfit: place -> the row as `decode_json` gives it, of those that do not fit.
        raw: all rows as `decode_json` gives them.
        keys: one for each row.
        cursors: the cursor's values as the shop wrote them, one for each row.
        instants: reads them.
    """

    kind: RowType
    rows: list[Any]
    unfit: Mapping[int, Any]
    raw: Callable[[], list[Any]]
    keys: list[Any]
    cursors: list[Any]
    instants: CursorInstants

    @property
    def identities(self) -> list[Identity]:
        """One for each row, as `identities_of` gives them."""
        kinds = set(map(type, self.keys))
        if kinds in ({int}, {str}) and len(set(self.keys)) == len(self.keys):
            return list(zip(repeat(kinds.pop().__name__), self.keys, repeat(0), strict=False))
        return identities_of(self.raw(), self.keys)

    def moments(self) -> list[datetime | None]:
        """The cursor's values in UTC, cut down to what a request can say."""
        return [self._moment(value) for value in self.cursors]

    def _moment(self, value: Any) -> datetime | None:
        moment = self.instants.parse(value)
        return self.instants.floor(moment) if moment else None

    @cached_property
    def ends(self) -> tuple[datetime, datetime] | None:
        """The lowest and the highest value of rows in ascending order; None where only a look at each row tells."""
        if not self._are_texts_of_one_form() or self.cursors != sorted(self.cursors):
            return None
        first, last = self._moment(self.cursors[0]), self._moment(self.cursors[-1])
        return (first, last) if first and last else None

    def _are_texts_of_one_form(self) -> bool:
        """Whether the order of the values is that of their texts, so that the first and the last say all of it."""
        texts = set(map(type, self.cursors)) == {str}
        one_length = texts and len(set(map(len, self.cursors))) == 1
        return one_length and _ONE_FORM("".join(self.cursors)) is not None

    def last_of(self, value: datetime) -> int:
        """How many rows at the end have this cursor value; for rows in ascending order."""
        count = 0
        for text in reversed(self.cursors):
            if self._moment(text) != value:
                break
            count += 1
        return count


def missing_is_null(values: Sequence[Any]) -> list[Any]:
    """The values of a column, None where a row has no such field."""
    return [None if value is msgspec.UNSET else value for value in values]
