"""A PostgreSQL server of the tests' own, and a database in it for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.doors import COLUMNS, client_going_away
from tests.support.doors.mirror import Translated, mirrored
from tests.support.ports import free_port

LACKING = "PostgreSQL: install it, for example with apt-get install postgresql"


def _programs() -> Path | None:
    """Where its programs are; Debian keeps them out of the path."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@contextmanager
def served() -> Iterator[str]:
    """The address of a server, without a database, while it runs."""
    programs = _programs()
    if programs is None:
        pytest.skip(LACKING)
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    if os.geteuid() == 0:  # it refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
    port = free_port()
    _run(
        [programs / "initdb", "-D", folder / "data", "-U", "loader", "-A", "trust", "-E", "UTF8", "--no-sync"]
    )
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections=100"
    control = [programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
    _run([*control, "-o", options, "start"])
    try:
        yield f"postgresql://loader:unused@127.0.0.1:{port}"
    finally:
        _run([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[Any]) -> None:
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **user,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr}")


class PostgresDatabase:
    """A database in a server."""

    settings: Mapping[str, Any] = {}

    def __init__(self, server: str, folder: Path) -> None:
        self._name = f"raw_{uuid.uuid4().hex[:12]}"
        self._server = server
        self._mirror = folder / "mirror.duckdb"
        self._make()

    def _make(self) -> None:
        with self._cursor("postgres") as cursor:
            cursor.execute(f"CREATE DATABASE {self._name}")

    def enter(self, monkeypatch: pytest.MonkeyPatch, user: str = "loader") -> None:
        monkeypatch.setenv("PIPELINES__ECOMMERCE__DESTINATION_TYPE", "postgres")
        server = self._server.replace("//loader:", f"//{user}:")
        monkeypatch.setenv("DESTINATION__RAW__CREDENTIALS", f"{server}/{self._name}")

    def database(self) -> Path:
        with self._cursor(self._name) as cursor:

            def ask(sql: str) -> Any:
                cursor.execute(sql)
                return cursor.fetchall()

            return mirrored(self._mirror, ask)

    @contextmanager
    def connected(self) -> Iterator[Translated]:
        with self._cursor(self._name) as cursor:
            yield Translated(cursor, "postgres")

    def make(self, statements: Sequence[str]) -> None:
        with self._cursor(self._name) as cursor:
            for statement in statements:
                cursor.execute(statement)

    def columns(self) -> list[Any]:
        with self._cursor(self._name) as cursor:
            cursor.execute(COLUMNS)
            return list(cursor.fetchall())

    def exists(self) -> bool:
        with self._cursor(self._name) as cursor:
            cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = 'ecommerce'")
            return cursor.fetchone() is not None

    def delete(self) -> None:
        self.drop()
        self._make()

    def going_away(self, at: int, pattern: str) -> Any:
        from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient

        return client_going_away(Psycopg2SqlClient, at, pattern)

    def drop(self) -> None:
        """Remove the database for good."""
        with self._cursor("postgres") as cursor:
            cursor.execute(f"DROP DATABASE {self._name} WITH (FORCE)")

    @contextmanager
    def _cursor(self, database: str) -> Iterator[Any]:
        import psycopg2

        with closing(psycopg2.connect(f"{self._server}/{database}", options="-c timezone=UTC")) as connection:
            connection.autocommit = True
            yield connection.cursor()
