"""A refused record is kept whole, whatever it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ecommerce_pipeline.records.validation import Reason, Rejected, content_hash, decode_json
from ecommerce_pipeline.source.quarantine import Origin, Quarantine

BODIES = {
    "no number": '{"a": NaN, "b": [Infinity, -Infinity], "c": 1e99999999999999999999}',
    "digits": '{"a": 0.10, "b": 1e2, "c": -0.0, "d": 123456789012345678901234567890.123456789012345678901234}',
    "endless": '{"a": %s}' % ("7" * 5000),
    "surrogates": r'{"a\ud800": "\udfff", "b": "\u0000", "c": "\ud83d\ude00"}',
    "deep": '{"a": %s}' % ("[" * 980 + "]" * 980),
    "names": '{"": 1, " ": 2, "_dlt_id": 3, "é": 4}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_kept_body_reads_as_the_body_that_came(body: str) -> None:
    raw: Any = decode_json(body.encode())
    quarantine = Quarantine()
    refused = Rejected(raw, None, (Reason("a", "not_finite", ""),))
    quarantine.add(
        "orders", refused, content_hash(raw), Origin("shop"), "run", datetime(2026, 1, 1, tzinfo=UTC)
    )
    [[kept]] = quarantine.drain()
    assert content_hash(decode_json(kept["raw"].encode("ascii"))) == content_hash(raw)
    assert "\0" not in kept["raw"]
