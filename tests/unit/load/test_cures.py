"""What a warehouse says leads to the cure that it calls for, whatever identifiers stand beside it."""

from __future__ import annotations

import pytest

from ecommerce_pipeline.load.failures import cure, without_password

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
        ('column "total_amount" of relation "orders" does not exist', "run once with --full-refresh"),
        ('column "uploaded_at" of relation "orders" does not exist', "run once with --full-refresh"),
        ('column "bucket" does not exist', "run once with --full-refresh"),
        ('relation "ecommerce.orders" does not exist', "the next run makes it again"),
        ("cannot execute CREATE SCHEMA in a read-only transaction", "Let the loader's user write"),
        (f"Something nobody has met yet {REQUEST}.", ""),
    ],
)
def test_a_refusal_is_told_with_its_own_cure(said: str, what: str) -> None:
    assert what in cure(said)
    assert bool(cure(said)) == bool(what)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            'invalid connection option "postgresql+psycopg2://loader:S3cret:P@db.example/raw"',
            'invalid connection option "postgresql+psycopg2://loader:***@db.example/raw"',
        ),
        ("mysql://loader:S3cret@db and s3://bucket/a:b", "mysql://loader:***@db and s3://bucket/a:b"),
        ("https://loader:S3c@r et@db.example/raw", "https://loader:***@db.example/raw"),
        ("host=db password=S3cret user=loader", "host=db password=*** user=loader"),
        ("password = 'S3 cret' host=db", "password = *** host=db"),
        ("no address: a@b.example", "no address: a@b.example"),
    ],
)
def test_an_address_in_the_words_of_a_driver_loses_its_password(said: str, shown: str) -> None:
    assert without_password(said) == shown
