"""One question to the shop and one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class PageRequest:
    """What to ask: a path below the base address or a whole address, and its parameters.

    `beyond` is the total of the list when by that total nothing is left for this request.
    """

    address: str
    params: tuple[tuple[str, str], ...] = ()
    beyond: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Reply:
    """A decoded answer.

    `address` is free of secrets. `headers`, `links` and `json()` are what dlt's paginators read.
    """

    address: str
    headers: Mapping[str, str]
    links: dict[str, Any]
    document: Any

    def json(self) -> Any:
        """The decoded body."""
        return self.document


@dataclass(frozen=True)
class Use(Generic[Result]):
    """What is done with an answer: its body kept as it came, then read; and where retries are counted."""

    keep: Callable[[bytes], None]
    read: Callable[[Reply], Result]
    retries: Counter[str]


def keep_nothing(body: bytes) -> None:
    """For answers that are no pages, and for pages that are kept in another form."""
