"""What the rows of a list look like follows the rows that come."""

from __future__ import annotations

import msgspec
import pytest

from ecommerce_pipeline.records.layout import Layout


def _takes(layout: Layout, row: bytes) -> bool:
    assert layout.row_type is not None
    try:
        msgspec.json.decode(row, type=layout.row_type.struct)
    except msgspec.ValidationError:
        return False
    return True


def test_a_kind_of_value_that_was_rare_is_taken_once_it_is_usual() -> None:
    layout = Layout()
    layout.learn([{"x": "a"}] * 100)
    assert layout.learn([{"x": 5}])
    assert not _takes(layout, b'{"x":5}')
    layout.learn([{"x": 5}] * 100)
    assert _takes(layout, b'{"x":5}')
    assert _takes(layout, b'{"x":"a"}')


@pytest.mark.parametrize("row", [{"x": {"y": "a"}}, {"x": [{"y": "a"}]}])
def test_so_is_one_inside_an_object_or_a_list(row: object) -> None:
    layout = Layout()
    layout.learn([row] * 100)
    other = msgspec.json.encode(row).replace(b'"a"', b"5")
    for count in (1, 100):
        layout.learn([msgspec.json.decode(other)] * count)
    assert _takes(layout, other)


def test_rows_of_known_kinds_leave_the_type_as_it_is() -> None:
    layout = Layout()
    layout.learn([{"x": "a"}])
    known = layout.row_type
    assert not layout.learn([{"x": "b"}] * 3)
    assert layout.row_type is known
