"""No value becomes another on its way: each column of a field that nobody declared has one JSON type."""

from __future__ import annotations

from typing import Any

from dlt.common.normalizers.json import relational_no_coercion
from dlt.common.schema import Schema
from dlt.extract import DltSource


def strictly_typed(source: DltSource) -> DltSource:
    """The source with a schema that infers types but converts nothing.

    By default dlt reads `"01234"` as 1234 where a column has integers, takes texts for instants, and a
    value that it cannot convert breaks the package and every later one. With its normaliser that does not
    convert, a value of a second type goes to a column of its own (`x__v_text`).
    """
    stored: Any = source.schema.to_dict()
    # The decorator's own argument is refused by dlt 1.26, which then looks for the usual normaliser's name.
    stored["normalizers"]["json"]["module"] = relational_no_coercion.__name__
    stored["settings"]["detections"] = []
    source.schema = Schema.from_dict(stored)
    return source
