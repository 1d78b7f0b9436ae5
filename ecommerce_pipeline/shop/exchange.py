"""One question to the shop and one answer."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ecommerce_pipeline.records.content import decode_json

Result = TypeVar("Result")

_counting = threading.Lock()


def note_retry(retries: Counter[str], kind: str) -> None:
    """Count one more retry; several threads may read one list."""
    with _counting:
        retries[kind] += 1


@dataclass(frozen=True)
class PageRequest:
    """What to ask: a path below the base address or a whole address, and its parameters.

    Both may hold the key, so no text shows them. `beyond` is the total of the list when by that total nothing is left
    for this request.
    """

    address: str = field(repr=False)
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    beyond: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Reply:
    """An answer, decoded when somebody looks into it.

    Headers, links and `json()` are what dlt's paginators read: as the shop sent them, since a reference to the next
    page may have to carry the key. Rows come from `document`.

    Attributes:
        address: free of secrets.
        decode: gives the decoded body, free of secrets, or raises `RetryLater`.
        asked: the address as it was asked.
        body: the body, free of secrets.
        as_sent: the body where `body` hides secrets of it, else None.
        hide: makes a text of the shop's fit to be shown.
    """

    address: str
    headers: Mapping[str, str] = field(repr=False)
    links: dict[str, Any] = field(repr=False)
    decode: Callable[[], Any] = field(repr=False)
    asked: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    as_sent: bytes | None = field(default=None, repr=False)
    hide: Callable[[str], str] = lambda text: text

    @functools.cached_property
    def document(self) -> Any:
        """The decoded body."""
        return self.decode()

    def json(self) -> Any:
        """The decoded body as the shop sent it."""
        return self.document if self.as_sent is None else decode_json(self.as_sent)


Keep = Callable[[bytes, bytes | None], None]
"""Gets a body, and the same compressed by gzip where it came so and nothing of it is hidden."""


def keep_nothing(body: bytes, packed: bytes | None = None) -> None:
    """For what is only counted or tried, and for pages that are kept in another form."""


@dataclass(frozen=True)
class Use(Generic[Result]):
    """What is done with an answer: its body kept, free of secrets, then read; and where retries are counted.

    Attributes:
        kind: answers of one kind should take equally long; nothing where it tells nothing.
        go_on: raises where nothing more shall be asked or kept.
    """

    keep: Keep
    read: Callable[[Reply], Result]
    retries: Counter[str]
    kind: str = ""
    go_on: Callable[[], None] = lambda: None
