"""What counts as known: the same content, or a version older than an accepted one of the same key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ecommerce_pipeline.source.repeats import FLOOR, Repeats, identity
from ecommerce_pipeline.source.versions import Known

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def accepted(*versions: tuple[str | None, datetime | None, str]) -> Repeats:
    repeats = Repeats({})
    for version in versions:
        assert not repeats.known(*version)
        repeats.accept(*version)
    return repeats


def test_an_older_version_is_known() -> None:
    assert accepted(("1", LATE, "b")).known("1", EARLY, "a")


def test_other_content_of_the_same_instant_is_new() -> None:
    accepted(("1", EARLY, "a"), ("1", EARLY, "b"))


def test_a_known_row_whose_instant_broke_is_judged_anew() -> None:
    assert not accepted(("1", LATE, "a")).known("1", None, "b")


def test_a_version_is_known_only_when_it_has_been_judged() -> None:
    repeats = Repeats({})
    assert not repeats.known("1", LATE, "a")
    assert not repeats.known("1", LATE, "a")


def test_a_refused_version_hides_its_own_content_and_nothing_older() -> None:
    repeats = Repeats({})
    repeats.refuse(LATE, "wrong")
    assert repeats.known("1", LATE, "wrong")
    assert not repeats.known("1", EARLY, "right")


def test_keys_of_two_types_are_two_keys() -> None:
    keys = [1, "1", True, None, 1.0, Decimal("NaN"), "\ud800", "null", [1], {"a": 1}]
    names = [identity(key) for key in keys]
    assert names == ["1", '"1"', None, None, None, None, '"\\ud800"', '"null"', None, None]
    assert not accepted((names[0], LATE, "a")).known(names[1], EARLY, "b")


def test_the_warehouse_is_asked_once_for_each_key_and_never_for_what_is_none() -> None:
    asked: list[list[Any]] = []

    def lookup(keys: Iterable[Any]) -> dict[str, Known]:
        asked.append(list(keys))
        return {"1": Known(LATE, "a")}

    repeats = Repeats({}, lookup)
    repeats.accept("3", LATE, "c")
    repeats.prepare([1, 1, None, True, [2], {"id": 2}, "1", 3])
    assert asked == [[1, "1"]]
    assert repeats.known("1", EARLY, "b") and not repeats.known("2", EARLY, "b")


@pytest.mark.parametrize("cursor", [LATE, None])
def test_a_refused_row_of_a_list_that_comes_as_a_whole_is_kept_while_it_comes(
    cursor: datetime | None,
) -> None:
    first = Repeats({})
    first.refuse(cursor, "wrong")
    first.accept("1", LATE, "right")
    second = Repeats(first.refused(limit=10))
    assert second.known("2", cursor, "wrong") and not second.known("1", LATE, "right")
    assert set(second.refused(limit=10)) == {"#wrong"}
    assert Repeats(first.refused(limit=10)).refused(limit=10) == {}


def test_versions_that_the_next_run_may_meet_are_kept_newest_first() -> None:
    repeats = accepted(("1", EARLY, "a"), ("2", LATE, "b"), ("3", LATE, "c"))
    repeats.refuse(None, "wrong")
    assert set(repeats.since(LATE, limit=10)) == {"2", "3", "#wrong"}
    assert set(repeats.since(FLOOR, limit=2)) == {"2", "3"}
