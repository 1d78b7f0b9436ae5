"""What we make of dlt's cursor."""

from __future__ import annotations

from datetime import UTC, datetime

from dlt.common.jsonpath import compile_path

from ecommerce_pipeline.source.cursor import never_past

CEILING = datetime(2026, 1, 2, tzinfo=UTC)


def test_a_path_is_compiled_once() -> None:
    assert compile_path("updated_at") is compile_path("updated_at")


def test_the_cursor_stops_at_the_ceiling() -> None:
    last_value = never_past(CEILING)
    assert last_value([datetime(2026, 1, 1, tzinfo=UTC)]) == datetime(2026, 1, 1, tzinfo=UTC)
    assert last_value([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)]) == CEILING
