"""What counts as known: the same content, or an older version; never a row without a usable instant."""

from __future__ import annotations

from datetime import UTC, datetime

from ecommerce_pipeline.source.repeats import Repeats

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def test_an_older_version_is_known() -> None:
    repeats = Repeats({})
    assert not repeats.known("1", LATE, "b")
    assert repeats.known("1", EARLY, "a")


def test_other_content_of_the_same_instant_is_new() -> None:
    repeats = Repeats({})
    assert not repeats.known("1", EARLY, "a")
    assert not repeats.known("1", EARLY, "b")


def test_a_known_row_whose_instant_broke_is_judged_anew() -> None:
    repeats = Repeats({})
    assert not repeats.known("1", LATE, "a")
    assert not repeats.known("1", None, "b")
