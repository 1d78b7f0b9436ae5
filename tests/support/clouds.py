"""Buckets of this machine: an S3 server and a GCS server in an environment of their own."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import fsspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.conftest import ROOT
from tests.support.answering import answering
from tests.support.ports import free_port

BIN = ROOT / ".venv-clouds" / "bin"
LACKING = "buckets: run `make .venv-clouds/.made`"
BUCKET = "shop"
START_SECONDS = 30.0

TOKEN = b'{"access_token": "tests", "expires_in": 3600, "token_type": "Bearer"}'

Bucket = Callable[[pytest.MonkeyPatch, Path], AbstractContextManager[str]]


@contextmanager
def s3(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[str]:
    """The address of an empty bucket, the environment set for it."""
    port = free_port()
    with _running([BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)], f"http://127.0.0.1:{port}/"):
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        urlopen(Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")).close()
        fsspec.get_filesystem_class("s3").clear_instance_cache()  # one of an earlier test knows another port
        yield f"s3://{BUCKET}"


@contextmanager
def gcs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[str]:
    """The same of Google's kind."""
    port = free_port()
    server = f"http://127.0.0.1:{port}"
    command = [BIN / "gcp-storage-emulator", "-d", folder / "gcs", "start", "-H", "127.0.0.1", "--port", port]
    running = _running([*command, "--default-bucket", BUCKET, "-q"], f"{server}/storage/v1/b/{BUCKET}")
    with running, answering(lambda _: TOKEN) as tokens:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server)
        monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        monkeypatch.setenv("FSSPEC_GS_TOKEN", "anon")
        fsspec.get_filesystem_class("gs").clear_instance_cache()
        (folder / "account.json").write_text(json.dumps(_account(tokens)))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "account.json"))
        monkeypatch.setenv("DESTINATION__RAW__KWARGS", '{"token": "anon"}')
        yield f"gs://{BUCKET}"


def _account(tokens: str) -> dict[str, str]:
    """A service account that has the right form; the server asks for none."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": "tests",
        "client_email": "tests@example.com",
        "private_key": pem,
        "token_uri": tokens,
    }


@contextmanager
def _running(command: list[object], probe: str) -> Iterator[None]:
    if not Path(str(command[0])).exists():
        pytest.skip(LACKING)
    with subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(server, probe)
            yield
        finally:
            server.terminate()


def _wait(server: subprocess.Popen[bytes], probe: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            urlopen(probe, timeout=1).close()
        except HTTPError:
            return  # it answers
        except (URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{server.args!r} does not answer")


CLOUDS: dict[str, Bucket] = {"s3": s3, "gcs": gcs}
