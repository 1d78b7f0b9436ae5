"""Parts of a list that are read side by side, handed on as one list."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from ecommerce_pipeline.shop.ahead import Ahead
from ecommerce_pipeline.shop.crew import Crew

Item = TypeVar("Item")

TAKEN_AT_ONCE = 4
"""After so many items it is looked whether another part should be begun."""


def in_order(crew: Crew, parts: Iterator[Iterator[Item]], weight: Callable[[Item], int]) -> Iterator[Item]:
    """All items of some parts, part after part, while several are read side by side.

    Args:
        crew: has the threads.
        parts: each is iterated over in a thread of its own; a next one is taken when too few are asking.
        weight: how many bytes an item takes.
    """
    lines: deque[Ahead[Item]] = deque()
    more = True
    try:
        while True:
            while more and crew.may_begin(lines):
                part = next(parts, None)
                more = part is not None
                if part is not None:
                    lines.append(crew.ahead(part, weight, own=0))
                    crew.parts.add(lines[-1])
            if not lines:
                return
            lines[0].to_front()
            yield from islice(lines[0], TAKEN_AT_ONCE)
            if lines[0].taken:
                crew.parts.discard(lines.popleft())
    finally:
        for line in lines:
            line.close()
            crew.parts.discard(line)
