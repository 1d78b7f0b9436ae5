"""Pages are decoded as objects as long as their rows fit."""

from __future__ import annotations

from typing import Any

import pytest

from ecommerce_pipeline.records.layout import Layout
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.typed_pages import MISSES, TypedPages

PROFILE = ResourceProfile.model_validate(
    {
        "path": "orders",
        "rows": "$",
        "key": "id",
        "cursor": {"field": "updated_at"},
        "paging": {"type": "single_page"},
    }
)
FITS, FITS_NOT = b'[{"id":1,"updated_at":"2026-01-02T03:04:05Z"}]', b'[{"id":1,"other":true}]'


@pytest.fixture
def pages() -> TypedPages:
    made = TypedPages(PROFILE, Layout(), lambda row: True)
    assert made.decode(FITS) is None  # it shows what rows look like
    return made


def test_pages_that_many_threads_decode_at_once_are_no_misses(
    pages: TypedPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, depth = pages._decoded, 0

    def interrupted(*args: Any) -> Any:
        nonlocal depth
        depth += 1
        if depth <= 2 * MISSES:
            assert pages.decode(FITS)
        return decoded(*args)

    monkeypatch.setattr(pages, "_decoded", interrupted)
    assert pages.decode(FITS)
    assert depth > 2 * MISSES


def test_after_some_pages_without_a_row_that_fits_only_few_are_tried_until_one_fits(
    pages: TypedPages,
) -> None:
    tried = [pages.decode(FITS_NOT) is not None for _ in range(40)]
    assert tried == [True] * MISSES + [number in (16, 32) for number in range(MISSES + 1, 41)]
    while not pages.decode(FITS):
        pass
    assert pages.decode(FITS)
