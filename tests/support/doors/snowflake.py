"""The Snowflake emulation in its own environment, and a database in it for each test."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.conftest import ROOT
from tests.support.doors import COLUMNS
from tests.support.doors.mirror import Translated, mirrored

PYTHON = ROOT / ".venv-snowflake" / "bin" / "python"
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


class SnowflakeDatabase:
    """A database in the emulation.

    Attributes:
        address: of the emulation.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self._mirror = folder / "mirror.duckdb"
        self._name = self._new_name()

    @staticmethod
    def _new_name() -> str:
        return f"RAW_{uuid.uuid4().hex[:12].upper()}"

    def enter(self, monkeypatch: pytest.MonkeyPatch, user: str = "loader", role: str = "LOADER") -> None:
        monkeypatch.setenv("PIPELINES__ECOMMERCE__DESTINATION_TYPE", "snowflake")
        query = f"host=127.0.0.1&port={urlsplit(self.address).port}&protocol=http"
        monkeypatch.setenv(
            "DESTINATION__RAW__CREDENTIALS",
            f"snowflake://{user}:unused@emulation/{self._name}?warehouse=LOADING&role={role}&{query}",
        )
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
            cursor.execute(COLUMNS)
            return list(cursor.fetchall())

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

        connection = connect(
            user="loader",
            password="unused",
            account="emulation",
            database=self._name,
            host="127.0.0.1",
            port=urlsplit(self.address).port,
            protocol="http",
            timezone="UTC",
            enable_server_session_keep_alive_auto_detection=False,
        )
        with closing(connection), connection.cursor() as cursor:
            yield cursor
