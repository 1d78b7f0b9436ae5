"""However deep a document is nested, it is decoded, and nothing of it is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from ecommerce_pipeline.records.content import content_hash, decode_json
from ecommerce_pipeline.records.depth import DEEPEST, folded

jsons = st.recursive(
    st.none() | st.text('[]{}"\\,é\n') | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\'), inner, max_size=3),
)


@given(jsons, st.sampled_from([0, DEEPEST - 30]), st.booleans())
def test_a_document_of_ordinary_depth_is_left_alone(inner: Any, levels: int, ascii_only: bool) -> None:
    text = (b"[" * levels) + json.dumps(inner, ensure_ascii=ascii_only).encode() + (b"]" * levels)
    assert folded(text) is text


@pytest.mark.parametrize("levels", [DEEPEST + 1, 980, 100_000])
@pytest.mark.parametrize("wrap", ['[%s,"]"]', '{"\\"[a":%s}', '[1,%s,{"b":[]}]'])
def test_what_lies_too_deep_is_kept_as_its_own_text(levels: int, wrap: str) -> None:
    before, after = wrap.split("%s")
    inner = before * levels + '"\\\\"' + after * levels
    decoded = decode_json(f'[{inner}, {{"id": 2}}]'.encode())
    assert decoded[1] == {"id": 2}
    content_hash(decoded), simplejson.dumps(decoded)
    node = decoded[0]
    while not isinstance(node, str):
        node = next(iter(node.values())) if isinstance(node, dict) else node["1," in before]
    assert node in inner and len(node) == len(inner) - (DEEPEST - 1) * len(before + after)


def test_a_record_that_is_nested_too_deep_is_refused_alone(row: Any, validate: Any) -> None:
    deep = '{"a":' * 980 + "1" + "}" * 980
    page = decode_json(f"[{simplejson.dumps(row('orders'))[:-1]}, {json.dumps('x')}: {deep}}}]".encode())
    assert [item.rule for item in validate("orders", page[0]).reasons] == ["nesting_too_deep"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-le"])
def test_every_encoding_of_json_is_read(encoding: str) -> None:
    assert decode_json('{"a": ["é"]}'.encode(encoding)) == {"a": ["é"]}
