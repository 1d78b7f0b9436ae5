"""The shop's lists, rendered once: a page is a slice of one long text."""

from __future__ import annotations

import math
import random
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.rows import Row, customer, order, order_item

BEGIN = datetime(2024, 1, 1)  # noqa: DTZ001 - UTC throughout; without a zone it is written twice as fast
SPAN = 300 * 86_400 * 1_000_000
"""Microseconds over which the rows were last changed."""

EDITED_EVERY = 100
"""Generation 1 edits one row of so many."""

LONGER_LISTS = 0b10 << 8
"""The bit of a row's value that an edit clears: lists get shorter, so that elements left behind are counted."""

FOREVER = 2**63
UNITS = {"k": 1_000, "m": 1_000_000}

Render = Callable[[int, int, str, str], Row]


@dataclass
class ShopList:
    """One list, sorted by `updated_at`.

    Rows stand in `text`, a comma behind each; row n begins at `starts[n]` and was changed at `moments[n]`,
    in microseconds since `BEGIN`.
    """

    text: bytearray = field(default_factory=bytearray)
    starts: array[int] = field(default_factory=lambda: array("Q"))
    moments: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, text: str, moment: int) -> None:
        """Put a row behind all others."""
        self.starts.append(len(self.text))
        self.moments.append(moment)
        self.text += text.encode("ascii")
        self.text += b","

    def page(self, number: int, size: int, since: int = 0, until: int = FOREVER) -> bytes:
        """The body of page `number` (from 1) of the rows changed in `since <= moment < until`."""
        low, high = bisect_left(self.moments, since), bisect_left(self.moments, until)
        first = min(low + (number - 1) * size, high)
        last = min(first + size, high)
        rows = (
            b"" if first >= last else bytes(memoryview(self.text)[self.starts[first] : self._end(last) - 1])
        )
        return b'{"data":[%b],"total":%d}' % (rows, max(high - low, 0))

    def _end(self, row: int) -> int:
        return self.starts[row] if row < len(self.starts) else len(self.text)


@dataclass
class Dataset:
    """All lists of a shop, and the figures that a warehouse has to show after loading them."""

    lists: dict[str, ShopList]
    truth: dict[str, int]


def rows_named(text: str) -> int:
    """`370k` as 370,000.

    Raises:
        ValueError: the text is no such number.
    """
    scale = UNITS.get(text[-1:].lower(), 1)
    return int(float(text[:-1] if scale > 1 else text) * scale)


def dataset(rows: int, generation: int = 0, seed: int = 1) -> Dataset:
    """The shop's data: the same for the same arguments.

    Args:
        rows: of all lists together; of 37 rows two are customers, ten orders and the rest order items.
        generation: 1 edits one row in a hundred of each list, which moves it to the list's end.
        seed: other values for another number.
    """
    customers, orders = max(1, rows * 2 // 37), max(1, rows * 10 // 37)
    items = rows - customers - orders

    def render_order(number: int, bits: int, created: str, updated: str) -> Row:
        return order(number, customers, bits, created, updated)

    def render_item(number: int, bits: int, created: str, updated: str) -> Row:
        return order_item(number, 1 + (number - 1) * orders // items, bits, created, updated)

    built = Dataset({}, {})
    plans: tuple[tuple[str, int, Render, str, str], ...] = (
        ("customers", customers, customer, "customers__addresses", ""),
        ("orders", orders, render_order, "orders__tags", "order_totals"),
        ("order_items", items, render_item, "", "line_amounts"),
    )
    for name, count, render, elements, cents in plans:
        listed, sums = _build(_rows(count, render, generation, f"{seed} {name}"))
        built.lists[name] = listed
        built.truth |= {name: count, elements: sums.elements, cents: sums.cents}
    built.truth.pop("")
    return built


def _build(rows: Iterator[tuple[int, Row]]) -> tuple[ShopList, Row]:
    """A list of rows in their order, and its sums."""
    listed, elements, cents = ShopList(), 0, 0
    for moment, row in rows:
        listed.add(row.text, moment)
        elements += row.elements
        cents += row.cents
    return listed, Row("", elements, cents)


def _rows(count: int, render: Render, generation: int, seed: str) -> Iterator[tuple[int, Row]]:
    """Rows with the moment of their last change, in that order; more of them in the later days of a growing shop."""
    bits, edits = random.Random(seed), random.Random(f"{seed} edited")
    edited: list[tuple[int, str]] = []
    moment = -1
    for place in range(count):
        moment = max(moment + 1, int(SPAN * math.sqrt(place / count)))
        stamp, value = written(moment), bits.getrandbits(64)
        if generation and place % EDITED_EVERY == EDITED_EVERY // 3:
            edited.append((place + 1, stamp))
        else:
            yield moment, render(place + 1, value, stamp, stamp)
    for extra, (number, created) in enumerate(edited):
        moment = SPAN + 1_000 * extra
        yield moment, render(number, edits.getrandbits(64) & ~LONGER_LISTS, created, written(moment))


def written(moment: int) -> str:
    """A moment as the shop writes it: RFC 3339 in UTC."""
    return (BEGIN + timedelta(microseconds=moment)).isoformat(timespec="microseconds") + "Z"


def moment_of(text: str) -> int:
    """What a client wrote as a bound, in microseconds since `BEGIN`; 0 for everything before it.

    Raises:
        ValueError: the text is no instant.
    """
    read = datetime.fromisoformat(text.replace(" ", "+"))
    offset = read.utcoffset() or timedelta()
    return max(0, (read.replace(tzinfo=None) - offset - BEGIN) // timedelta(microseconds=1))
