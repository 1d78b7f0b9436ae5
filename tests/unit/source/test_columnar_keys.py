"""The keys of rows and of the elements of their lists are in dlt's form."""

from __future__ import annotations

import re

from dlt.common.normalizers.json.helpers import get_nested_row_hash
from hypothesis import given
from hypothesis import strategies as st

from ecommerce_pipeline.source.columnar.batch import element_ids, row_ids


@given(st.text(min_size=1), st.lists(st.tuples(st.text(), st.integers(0, 10**6)), max_size=20))
def test_the_keys_of_elements_are_those_that_dlt_gives(table: str, elements: list[tuple[str, int]]) -> None:
    parents, places = [parent for parent, _ in elements], [place for _, place in elements]
    alone = [get_nested_row_hash(parent, table, place) for parent, place in elements]
    assert element_ids(table, parents, places) == alone


def test_the_keys_of_rows_differ_and_have_14_digits() -> None:
    keys = row_ids(1000)
    assert len(set(keys)) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9+/]{14}", key) for key in keys)
