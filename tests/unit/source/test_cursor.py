"""What we make of dlt's cursor."""

from __future__ import annotations

from dlt.common.jsonpath import compile_path

import ecommerce_pipeline.source.cursor  # noqa: F401  # what it does to dlt


def test_a_path_is_compiled_once() -> None:
    assert compile_path("updated_at") is compile_path("updated_at")
