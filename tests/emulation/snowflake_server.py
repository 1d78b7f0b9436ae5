"""A Snowflake of this machine: fakesnow's server with what dlt's statements need beyond it.

Runs in an environment of its own (`requirements/snowflake-emulation.txt`) and prints its port. What it adds: several
statements in one request, stages (see `stages`), a log of all statements, and going away at a statement that was named
beforehand. It is an emulation: DuckDB executes the statements, and privileges, roles, warehouses, locking, cost and
Snowflake's own casts are not there.
"""

from __future__ import annotations

import gzip
import importlib
import json
import re
import shutil
import socket
import sys
import threading
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import uvicorn
from fakesnow import arrow
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import parse as parse_sql
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.emulation import stages
from tests.emulation.answers import done, refused
from tests.emulation.journal import Journal
from tests.emulation.rewriting import MERGE, merge, without_temporary
from tests.emulation.stages import COPY, PUT, REMOVE, STAGES

fake: Any = importlib.import_module("fakesnow.server")  # the package has a function of the same name

TAG = re.compile(r"ALTER SESSION (?:UN)?SET QUERY_TAG", re.IGNORECASE)
DROP_CLUSTERING = re.compile(r"DROP CLUSTERING KEY", re.IGNORECASE)
journal = Journal()
children: dict[str, JSONResponse] = {}


async def login(request: Request) -> Response:
    """Newer connectors want a master token; the user `stranger` is not let in, the role `nobody` is not known."""
    body = json.loads(await _body(request))
    how = body["data"].get("AUTHENTICATOR", "password")
    journal.logins.append({"name": body["data"].get("LOGIN_NAME", ""), "authenticator": how})
    if body["data"].get("LOGIN_NAME", "").upper() == "STRANGER":
        return refused("390100", "Incorrect username or password was specified.")
    if request.query_params.get("roleName", "").upper() == "NOBODY":
        return refused(
            "390189", "Role 'NOBODY' specified in the connect string does not exist or not authorized."
        )
    answer = json.loads((await fake.login_request(_with_body(request, body))).body)
    answer["data"] |= {"masterToken": answer["data"]["token"], "validityInSeconds": 3600, "sessionId": 1}
    return JSONResponse(answer)


async def query(request: Request) -> Response:
    """One request: a statement or several."""
    body = json.loads(await _body(request))
    statements = _split(body["sqlText"])
    answers: list[JSONResponse] = []
    for text in statements:
        answers.append(await _answer(request, body | {"sqlText": text}))
        if not json.loads(bytes(answers[-1].body)).get("success"):
            break
    if len(answers) < len(statements) or len(answers) == 1:
        return answers[-1]
    ids = []
    for answer in answers:
        ids.append(uuid.uuid4().hex)
        children[ids[-1]] = answer
    kinds = [str(json.loads(bytes(answer.body))["data"].get("statementTypeId", 4096)) for answer in answers]
    data = {"queryId": "many", "resultIds": ",".join(ids), "resultTypes": ",".join(kinds), "rowtype": []}
    return JSONResponse({"success": True, "data": data | {"statementTypeId": 40960, "parameters": []}})


def _split(text: str) -> list[str]:
    text = text.strip().rstrip(";")
    if ";" not in text or PUT.match(text):
        return [text]
    found = [part.sql(dialect="snowflake") for part in parse_sql(text, read="snowflake") if part]
    return found if len(found) > 1 else [text]


async def _answer(request: Request, body: dict[str, Any]) -> Any:
    text = body["sqlText"]
    if journal.is_away(text):
        _end_transaction(fake.to_conn(fake.to_token(request)))
        return refused("000603", "SQL execution internal error: ordered by the test")
    if refusal := journal.refusal(text):
        return refused(*refusal)
    for pattern, handle in HANDLERS.items():
        if match := pattern.search(text):
            return await run_in_threadpool(handle, request, match)
    try:
        plain = body | {"sqlText": without_temporary(text)}
        answer: Response = await fake.query_request(_with_body(request, plain))
    except duckdb.Error as error:  # as an error of the server it would be tried again for ever
        _end_transaction(fake.to_conn(fake.to_token(request)))
        return refused("000603", str(error).splitlines()[0])
    return answer


def _end_transaction(connection: Any) -> None:
    """What a session leaves open when it is lost is rolled back."""
    if connection._in_transaction:
        connection._duck_conn.rollback()
        connection._in_transaction = False


def _nothing(request: Request, match: re.Match[str]) -> Response:
    return done()


async def upload(request: Request) -> Response:
    """A file for a stage."""
    if journal.uploads_refused:
        return Response("<Error><Code>AccessDenied</Code></Error>", status_code=403)
    journal.uploaded += len(await request.body())
    return await stages.upload(request)


async def child(request: Request) -> Response:
    """The result of one of several statements."""
    return children.pop(request.path_params["id"])


async def control(request: Request) -> Response:
    """What the tests ask: `GET` tells what was asked since the last `POST`, which says when to go away."""
    if request.method == "POST":
        wanted = json.loads(await _body(request))
        journal.reset()
        journal.away_at, journal.pattern = wanted.get("away_at"), wanted.get("pattern", "")
        stages.external.update(wanted.get("external", {}))
        journal.refused = wanted.get("refused", [])
        journal.uploads_refused = wanted.get("uploads_refused", False)
    staged = sum(1 for path in STAGES.rglob("*") if path.is_file())
    told = {"statements": journal.statements, "uploaded": journal.uploaded, "staged_files": staged}
    told |= {"away_with": journal.away_with, "logins": journal.logins}
    return JSONResponse(told)


async def _body(request: Request) -> bytes:
    body = await request.body()
    return gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body


def _with_body(request: Request, body: dict[str, Any]) -> Request:
    """The same request with another body."""
    text = json.dumps(body).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": text, "more_body": False}

    headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-encoding"]
    return Request({**request.scope, "headers": headers}, receive)


HANDLERS: dict[re.Pattern[str], Callable[[Request, re.Match[str]], Response]] = {
    PUT: stages.put,
    COPY: stages.copy,
    REMOVE: stages.remove,
    MERGE: merge,
    TAG: _nothing,
    DROP_CLUSTERING: _nothing,
}


def nullable_instants(column: Any) -> Any:
    """fakesnow says that no part of an instant is null, and newer connectors believe it."""
    parts = TO_STRUCT(column)
    filled = [pc.fill_null(part, 0) for part in parts.flatten()]
    return pa.StructArray.from_arrays(filled, fields=list(parts.type), mask=pc.is_null(_whole(column)))


def _whole(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def described_once(cursor: Any) -> Any:
    """What a result looks like; that of a statement without rows of its own is the same each time."""
    asked = cursor._last_sql
    if " from " in asked.lower():
        return DESCRIBE(cursor)
    if asked not in DESCRIBED:
        DESCRIBED[asked] = DESCRIBE(cursor)
    return DESCRIBED[asked]


DESCRIBE = FakeSnowflakeCursor._describe_last_sql
DESCRIBED: dict[str, Any] = {}
TO_STRUCT = arrow.timestamp_to_sf_struct


def application() -> Starlette:
    """fakesnow's routes, ours before them."""
    arrow.timestamp_to_sf_struct = nullable_instants
    FakeSnowflakeCursor._describe_last_sql = described_once
    fake.shared_fs.create_schema_on_connect = False
    ours: list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]] = [
        ("/session/v1/login-request", login, ["POST"]),
        ("/queries/v1/query-request", query, ["POST"]),
        ("/queries/{id}/result", child, ["GET"]),
        ("/stages/{path:path}", upload, ["PUT"]),
        ("/control", control, ["GET", "POST"]),
    ]
    return Starlette(routes=[*(Route(path, call, methods=verbs) for path, call, verbs in ours), *fake.routes])


class AtOnce(H11Protocol):
    """Sends the body of an answer without waiting 40 ms for the head to be acknowledged; asyncio sees to that only for
    sockets that it has made itself.
    """

    def connection_made(self, transport: Any) -> None:
        """Somebody has come."""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)


def _end_with_input(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


def main() -> None:
    """Serve on a free port of the loopback until standard input ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(), http=AtOnce, log_level="warning"))
    threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    print(listening.getsockname()[1], flush=True)
    server.run(sockets=[listening])
    shutil.rmtree(STAGES, ignore_errors=True)


if __name__ == "__main__":
    main()
