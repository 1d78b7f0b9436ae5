"""Statements of dbt's that fakesnow does not take as they are."""

from __future__ import annotations

import importlib
import re

from sqlglot import parse_one
from starlette.requests import Request
from starlette.responses import Response

from tests.emulation.stages import executed

fake = importlib.import_module("fakesnow.server")  # the package has a function of the same name

COMMENTS = r"^\s*(?:/\*.*?\*/\s*)*"
MERGE = re.compile(COMMENTS + r"MERGE INTO.*", re.IGNORECASE | re.DOTALL)
TEMPORARY_IN_A_SCHEMA = re.compile(
    rf"({COMMENTS}CREATE (?:OR REPLACE )?)TEMPORARY (TABLE \S+\.\S+)", re.IGNORECASE | re.DOTALL
)


def without_temporary(text: str) -> str:
    """DuckDB keeps temporary tables out of schemas; who makes one in a schema drops it in the end."""
    return TEMPORARY_IN_A_SCHEMA.sub(r"\1\2", text)


def merge(request: Request, match: re.Match[str]) -> Response:
    """DuckDB's own merge: fakesnow's takes columns that both sides have for ambiguous, and is several statements."""
    statement = parse_one(match[0], read="snowflake").sql(dialect="duckdb")
    return executed(fake.to_conn(fake.to_token(request)), statement)
