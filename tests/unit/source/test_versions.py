"""Versions of many rows at once are remembered like those of single ones, and no more than the limit."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecommerce_pipeline.records.content import text_digests, text_hash
from ecommerce_pipeline.source.repeats import Repeats
from ecommerce_pipeline.source.versions import EPOCH, Known, Seen, Versions

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _versions(rows: list[tuple[str, int]]) -> Versions:
    """Of rows with a name and a cursor value in seconds after noon; each one's content is both."""
    moments = [(NOON - EPOCH) // timedelta(microseconds=1) + second * 1_000_000 for _, second in rows]
    return Versions([name for name, _ in rows], array("q", moments), text_digests(map(_content, rows)), "-c1")


def _content(row: tuple[str, int]) -> bytes:
    return f"{row}".encode()


def _known(row: tuple[str, int]) -> Known:
    return Known(NOON + timedelta(seconds=row[1]), f"{text_hash(_content(row))}-c1")


def test_of_many_at_once_each_is_found_with_its_own_cursor_and_content() -> None:
    seen, batches = Seen(100), [[("1", 1), ("2", 2)], [("3", 3)], [("4", 4), ("5", 5)]]
    for batch in batches:
        seen.add_all(_versions(batch), {name: place for place, (name, _) in enumerate(batch)})
    for row in (row for batch in batches for row in batch):
        assert seen.get(row[0]) == _known(row)
    assert seen.get("6") is None
    assert dict(seen.since(NOON + timedelta(seconds=4))) == {"4": _known(("4", 4)), "5": _known(("5", 5))}


def test_beyond_the_limit_the_oldest_are_forgotten() -> None:
    seen = Seen(3)
    seen.add_all(_versions([("1", 1), ("2", 2)]), {"1": 0, "2": 1})
    seen.add("3", _known(("3", 3)))
    seen.add_all(_versions([("4", 4), ("5", 5), ("6", 6)]), {"4": 0, "6": 2})
    assert list(seen.names()) == ["3", "4", "6"]
    assert [seen.get(name) for name in ("3", "4", "6")] == [
        _known(("3", 3)),
        _known(("4", 4)),
        _known(("6", 6)),
    ]
    assert dict(seen.since(NOON)) == {name: seen.get(name) for name in seen.names()}


def test_the_oldest_are_forgotten_many_at_once() -> None:
    seen = Seen(16)
    for count in range(1, 20):
        seen.add(str(count), _known((str(count), count)))
        assert len(seen.names()) == (16 if count == 19 else count)
    assert next(iter(seen.names())) == "4"


def test_rows_that_are_known_already_take_no_memory() -> None:
    seen = Seen(10)
    for _ in range(3):
        seen.add_all(_versions([("1", 1)]), {})
    assert not seen._batches


def test_one_new_row_among_known_ones_takes_the_memory_of_one() -> None:
    seen, batch = Seen(10), [(str(number), number) for number in range(100)]
    seen.add_all(_versions(batch), {"7": 7, "70": 70})
    assert [(len(kept.names), len(kept.moments)) for _, kept in seen._batches] == [(2, 2)]
    assert dict(seen.since(NOON)) == {name: _known((name, int(name))) for name in ("7", "70")}


rows = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 3)), max_size=8)


@given(st.lists(rows, max_size=5))
def test_rows_that_come_together_are_known_as_if_they_had_come_one_by_one(
    batches: list[list[tuple[str, int]]],
) -> None:
    together, single = Repeats({}), Repeats({})
    for batch in batches:
        new = []
        for place, row in enumerate(batch):
            version = _known(row)
            if not single.known(row[0], *version):
                single.accept(row[0], *version)
                new.append(place)
        assert together.accept_new(_versions(batch), range(len(batch))) == new
    assert together.since(NOON, 100) == single.since(NOON, 100)
