"""Pages are decoded as objects as long as their rows fit."""

from __future__ import annotations

from typing import Any

import pytest

from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.records.layout import Layout, RowType
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.typed_pages import MISSES, RETRY, TypedPages, _fits

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


@pytest.mark.parametrize("zero", [b":-0,", b": -0 }", b"[-0]", b",\n-0\n"])
def test_an_integer_that_is_written_otherwise_than_it_is_read_fits_no_type_that_keeps_digits(
    zero: bytes,
) -> None:
    kind, whole_numbers = _kind(b'[{"x":{"y":[1.5]}}]'), _kind(b'[{"x":{"y":[1]}}]')
    assert not _fits(zero, kind)
    assert _fits(zero, whole_numbers)  # they are read, and 0
    assert all(_fits(body, kind) for body in (b":-0.5,", b'"2026-01-02"', b'"at -05:00"', b":-10,"))


def _kind(rows: bytes) -> RowType:
    layout = Layout()
    layout.learn(decode_json(rows))
    assert layout.row_type
    return layout.row_type


@pytest.mark.parametrize(
    ("second", "is_known"), [(b"2026-01-02T04:00:00Z", True), (b"2026-01-02 04:00:00Z", False)]
)
def test_the_order_of_texts_is_that_of_instants_where_all_have_one_form(
    pages: TypedPages, second: bytes, is_known: bool
) -> None:
    texts = sorted((b"2026-01-02T03:04:05Z", second))
    found = pages.decode(b'[{"id":1,"updated_at":"%b"},{"id":2,"updated_at":"%b"}]' % (texts[0], texts[1]))
    assert found
    assert (found[0].ends is not None) == is_known


def test_after_some_pages_without_a_row_that_fits_only_few_are_tried_until_one_fits(
    pages: TypedPages,
) -> None:
    tried = [pages.decode(FITS_NOT) is not None for _ in range(40)]
    assert tried == [True] * MISSES + [number in (16, 32) for number in range(MISSES + 1, 41)]
    assert any(pages.decode(FITS) for _ in range(RETRY))
    assert pages.decode(FITS)
