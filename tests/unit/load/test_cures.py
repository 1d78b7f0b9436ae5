"""What a warehouse says leads to the cure that it calls for, whatever identifiers stand beside it."""

from __future__ import annotations

import pytest

from ecommerce_pipeline.load.failures import cure

GRANT = "Grant the loader's role"
STAGE = "See that the loader may read and write the stage"
REQUEST = "(request_id=40de9e35-15c1-401c-8ab8-7d94037cbb47)"
"""As the connector adds it; its digits hold a 403, and others hold any three."""


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (
            f"003001: SQL access control error: Insufficient privileges to operate on table stage 'ORDERS' {REQUEST}.",
            GRANT,
        ),
        ("Insufficient privileges to operate on stage 'INPUT' of warehouse COMPUTE_WH", GRANT),
        (f"253003: 403, Forbidden {REQUEST}.", STAGE),
        ("Stage 'ORDERS' is not writable", STAGE),
        ("Access Denied: may not PutObject to s3://shop-lake/raw", STAGE),
        (f"000606: No active warehouse selected in the current session {REQUEST}.", "may use the warehouse"),
        (f"Something nobody has met yet {REQUEST}.", ""),
    ],
)
def test_a_refusal_is_told_with_its_own_cure(said: str, what: str) -> None:
    assert what in cure(said)
    assert bool(cure(said)) == bool(what)
