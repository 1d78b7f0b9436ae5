"""Snowflake: the emulation, which runs in its own environment and has a database for each test, or an account."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.conftest import ROOT
from tests.support.doors import COLUMNS
from tests.support.doors.mirror import Translated, mirrored

PYTHON = ROOT / ".venv-snowflake" / "bin" / "python"
LIVE = "SNOWFLAKE_TEST_CREDENTIALS"
LACKING = "the Snowflake emulation: run `make .venv-snowflake/.made`"


@contextmanager
def served() -> Iterator[str]:
    """The address of the emulation while it runs; it ends with its standard input."""
    if not PYTHON.exists():
        pytest.skip(LACKING)
    with subprocess.Popen(
        [str(PYTHON), "-m", "tests.emulation.snowflake_server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None and server.stdin is not None
        port = server.stdout.readline().strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.stdin.close()
            server.wait(timeout=30)


def control(address: str, **wanted: Any) -> dict[str, Any]:
    """What was asked of the emulation since the last order; an order says when it goes away, see its `Journal`."""
    body = json.dumps(wanted).encode() if wanted else None
    with urlopen(Request(f"{address}/control", data=body)) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


@contextmanager
def live() -> Iterator[str]:
    """The credentials of an account that tests may use."""
    credentials = os.environ.get(LIVE, "")
    if not credentials:
        pytest.skip(f"Snowflake itself: set {LIVE}, see docs/snowflake.md")
    if "TEST" not in urlsplit(credentials).path.upper():
        pytest.exit(f"The database in {LIVE} must have TEST in its name: what stands in it is dropped.", 2)
    yield credentials


def emulated(address: str, folder: Path) -> SnowflakeDatabase:
    """A new database in the emulation."""
    where = f"host=127.0.0.1&port={urlsplit(address).port}&protocol=http&login_timeout=10"
    name = f"RAW_{uuid.uuid4().hex[:12].upper()}"
    credentials = f"snowflake://loader:unused@emulation/{name}?warehouse=LOADING&role=LOADER&{where}"
    return SnowflakeDatabase(credentials, folder, address)


def in_account(credentials: str, folder: Path) -> SnowflakeDatabase:
    """The database of an account, emptied."""
    database = SnowflakeDatabase(credentials, folder)
    database.delete()
    return database


class SnowflakeDatabase:
    """A database that a test has for itself.

    Attributes:
        address: of the emulation, empty for an account.
    """

    settings: Mapping[str, Any] = {}

    def __init__(self, credentials: str, folder: Path, address: str = "") -> None:
        self.address = address
        self._credentials = credentials
        self._mirror = folder / "mirror.duckdb"

    def enter(self, monkeypatch: pytest.MonkeyPatch, user: str = "", role: str = "") -> None:
        credentials = self._credentials
        if user:
            credentials = credentials.replace("//loader:", f"//{user}:")
        if role:
            credentials = credentials.replace("role=LOADER", f"role={role}")
        monkeypatch.setenv("PIPELINES__ECOMMERCE__DESTINATION_TYPE", "snowflake")
        monkeypatch.setenv("DESTINATION__RAW__CREDENTIALS", credentials)
        monkeypatch.setenv("DESTINATION__RAW__KEEP_STAGED_FILES", "false")

    def database(self) -> Path:
        with self._cursor() as cursor:
            return mirrored(self._mirror, lambda sql: cursor.execute(sql).fetchall())

    @contextmanager
    def connected(self) -> Iterator[Translated]:
        with self._cursor() as cursor:
            yield Translated(cursor, "snowflake")

    def make(self, statements: Sequence[str]) -> None:
        with self._cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def columns(self) -> list[Any]:
        with self._cursor() as cursor:
            return list(cursor.execute(COLUMNS).fetchall())

    def exists(self) -> bool:
        with self._cursor() as cursor:
            found = cursor.execute(
                "SELECT 1 FROM information_schema.schemata WHERE schema_name = 'ECOMMERCE'"
            )
            return found.fetchone() is not None

    def delete(self) -> None:
        with self._cursor() as cursor:
            for schema in ("ECOMMERCE", "ECOMMERCE_STAGING"):
                cursor.execute(f"DROP SCHEMA IF EXISTS {schema}")

    @contextmanager
    def going_away(self, at: int, pattern: str) -> Iterator[list[str]]:
        control(self.address, away_at=at, pattern=pattern)
        away: list[str] = []
        try:
            yield away
        finally:
            if statement := control(self.address)["away_with"]:
                away.append(statement)
            control(self.address, away_at=None)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        from snowflake.connector import connect

        parts = urlsplit(self._credentials)
        connection = connect(
            user=parts.username,
            password=parts.password,
            account=parts.hostname,
            database=parts.path.lstrip("/"),
            timezone="UTC",
            enable_server_session_keep_alive_auto_detection=False,
            **dict(parse_qsl(parts.query)),
        )
        with closing(connection), connection.cursor() as cursor:
            yield cursor
