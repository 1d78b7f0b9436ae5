"""A list is found under the name of its table, however a warehouse shortens it."""

from __future__ import annotations

from dlt.common.normalizers.naming.snake_case import NamingConvention

from ecommerce_pipeline.checks.list_sizes import _sizes


def test_a_long_name_is_shortened_as_a_whole() -> None:
    naming = NamingConvention(63)
    name = "custom_attributes_of_the_merchandise_that_nobody_has_ever_declared"
    table = naming.normalize_path(f"orders__extra__{name}")
    assert len(table) == 63
    assert _sizes({"extra": {name: [1, 2, 3]}, "tags": []}, naming.normalize_path, "orders") == {
        table: 3,
        "orders__tags": 0,
    }
