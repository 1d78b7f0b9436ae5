"""Stages are folders: files are put there by HTTP, copied into tables and removed."""

from __future__ import annotations

import importlib
import re
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.emulation.answers import done, refused

fake: Any = importlib.import_module("fakesnow.server")  # the package has a function of the same name

STAGES = Path(tempfile.mkdtemp(prefix="stages-"))

external: dict[str, str] = {}
"""Addresses in S3 by the name of a stage, and the `endpoint` of the server."""

PUT = re.compile(r"PUT file://(?P<file>\S+) @(?P<stage>\S+)", re.IGNORECASE)
COPY = re.compile(
    r"COPY INTO (?P<table>\S+)\s+FROM (?:@(?P<stage>\S+)|'(?P<url>[^']+)')(?:\s+FILES = \('(?P<name>[^']+)'\))?.*?"
    r"TYPE = '(?P<type>\w+)'",
    re.IGNORECASE | re.DOTALL,
)
REMOVE = re.compile(r"REMOVE @(?P<stage>\S+)", re.IGNORECASE)
READERS = {"PARQUET": "read_parquet", "JSON": "read_json_auto", "CSV": "read_csv_auto"}


def put(request: Request, match: re.Match[str]) -> Response:
    """Where a file goes: an address of this server, as if it were a bucket of Google's."""
    name = Path(match["file"]).name
    address = f"{request.url.scheme}://{request.url.netloc}/stages/{_path(match['stage'])}/{name}"
    stage = {"locationType": "GCS", "location": "stages/", "creds": {}, "region": "", "presignedUrl": address}
    data = {"stageInfo": stage, "src_locations": [match["file"]], "parallel": 1, "autoCompress": False}
    data |= {"sourceCompression": "none", "overwrite": True, "command": "UPLOAD", "encryptionMaterial": []}
    return JSONResponse({"success": True, "data": data})


async def upload(request: Request) -> Response:
    """A file for a stage."""
    content = await request.body()
    file = STAGES / request.path_params["path"]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return Response()


def copy(request: Request, match: re.Match[str]) -> Response:
    """A staged file into a table, by the names of columns."""
    file = _fetched(match) if match["name"] or match["url"] else str(STAGES / _path(match["stage"]))
    connection = fake.to_conn(fake.to_token(request))
    reader = READERS[match["type"].upper()]
    sql = f"INSERT INTO {match['table']} BY NAME SELECT * FROM {reader}('{file}')"
    return executed(connection, sql)


def _fetched(match: re.Match[str]) -> str:
    """A file of a bucket, brought here: DuckDB reads none without an extension that has to be downloaded."""
    import boto3

    address = match["url"] or f"{external[match['stage'].replace(chr(34), '').upper()]}/{match['name']}"
    bucket, _, key = address.removeprefix("s3://").partition("/")
    file = STAGES / f"{uuid.uuid4().hex}-{Path(key).name}"
    keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests", "region_name": "us-east-1"}
    files = boto3.client("s3", endpoint_url=external["endpoint"], **keys)
    files.download_file(bucket, key, str(file))
    return str(file)


def executed(connection: Any, sql: str) -> Response:
    """A statement of DuckDB's in a session; what begins a transaction where the session does not commit by itself."""
    duck = connection._duck_conn
    try:
        if not connection._autocommit and not connection._in_transaction:
            duck.begin()
            connection._in_transaction = True
        duck.execute(sql)
    except Exception as error:
        return refused("100038", str(error).splitlines()[0])
    return done()


def remove(request: Request, match: re.Match[str]) -> Response:
    """A staged file goes, or a folder of them."""
    target = STAGES / _path(match["stage"])
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    return done()


def _path(stage: str) -> str:
    return stage.replace('"', "").replace("%", "table-").replace(".", "/", 2)
