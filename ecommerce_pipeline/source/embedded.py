"""Lists in the rows of a resource whose elements are rows of another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.records.landing_plan import EmbeddedList
from ecommerce_pipeline.records.validation import Validator
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.paging import value_at
from ecommerce_pipeline.shop.profile import ResourceProfile

MANY_ROWS = 50
"""So many rows without an embedded list are no accident."""


class EmbeddedLists:
    """The lists of one resource's rows.

    Args:
        name: the resource.
        declared: the resources that come in its rows.
    """

    def __init__(self, name: str, declared: dict[str, ResourceProfile]) -> None:
        self._name = name
        self._declared = declared
        self._rows = 0
        self._carried: set[str] = set()

    def note(self, raw: Any) -> None:
        """Remember which lists a row has."""
        if self._declared and isinstance(raw, dict):
            self._rows += 1
            self._carried |= {
                name for name, declared in self._declared.items() if declared.embedded_field in raw
            }

    def note_all(self, rows: int, has: Callable[[str], bool]) -> None:
        """The same for many rows; `has` tells whether one of them has a field."""
        self._rows += rows if self._declared else 0
        missing = self._declared.keys() - self._carried
        self._carried |= {name for name in missing if has(str(self._declared[name].embedded_field))}

    def check_carried(self, since: datetime | None) -> None:
        """Refuse a shop whose rows have no embedded list where the profile says.

        Shops may leave out empty lists, so one row that has it is proof enough, and a few rows of a later
        run prove nothing.

        Args:
            since: the lower bound of what was read, None for the whole list.

        Raises:
            ContractBroken: no row of the whole list, or of many, has the field.
        """
        missing = sorted(self._declared.keys() - self._carried)
        if missing and self._rows >= (1 if since is None else MANY_ROWS):
            field = self._declared[missing[0]].embedded_field
            raise ContractBroken(
                f"None of the {self._name} has the field `{field}`, in which the profile says that"
                f" {missing[0]} come. Correct `resources.{missing[0]}.embedded_field` in the profile, or leave"
                " that resource out while the shop has none."
            )

    def split(self, raw: Any) -> tuple[dict[str, Any], Any]:
        """The lists of a row, and the row without them."""
        names = [str(declared.embedded_field) for declared in self._declared.values()]
        if not names or not isinstance(raw, dict):
            return {}, raw
        lines = {name: raw[name] for name in names if name in raw}
        return lines, {name: value for name, value in raw.items() if name not in lines}

    def lines(self, raw: Any) -> Iterator[tuple[str, list[Any]]]:
        """The elements of each list of a row, by the resource that they are rows of."""
        for name, declared in self._declared.items():
            found = raw.get(declared.embedded_field) if isinstance(raw, dict) else None
            yield name, _elements(found)

    def as_columns(self, parent: ResourceProfile, validators: Mapping[str, Validator]) -> list[EmbeddedList]:
        """The lists as they are read where rows go as columns.

        Args:
            parent: the profile of the rows.
            validators: of the elements, by resource.
        """
        inherited = {
            name: tuple(path.split("."))
            for declared in self._declared.values()
            for name, path in (
                (str(declared.parent_field), parent.key),
                (declared.cursor.field, parent.cursor.field),
            )
        }
        return [
            EmbeddedList(name, str(declared.embedded_field), validators[name], inherited)
            for name, declared in self._declared.items()
        ]

    def inherited(self, endpoint: Endpoint, parent: Any) -> dict[str, Any]:
        """What a line has from its parent where it does not say it itself: the key, and when it changed."""
        child: dict[str, Any] = {}
        for declared in self._declared.values():
            child[declared.parent_field] = endpoint.key(parent)
            child[declared.cursor.field] = value_at(parent, endpoint.profile.cursor.field)
        return child


def _elements(found: Any) -> list[Any]:
    """A missing list is empty; anything that is no list is judged as one wrong element."""
    return [] if found is None else found if isinstance(found, list) else [found]


def with_inherited(line: Any, inherited: dict[str, Any]) -> Any:
    """A line with what its parent says of it."""
    return {**inherited, **line} if isinstance(line, dict) else line
