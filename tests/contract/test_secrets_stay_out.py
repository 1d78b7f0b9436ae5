"""G7: a secret is in nothing that a run writes, logs, prints or raises, though the shop repeats it everywhere."""

from __future__ import annotations

import base64
import gzip
import logging
import re
import traceback
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from ecommerce_pipeline.errors import RunFailed
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.source.acceptance import Acceptance
from tests.conftest import RunCommand
from tests.support.talkative import ACCESS_TOKEN, AT_ONCE, FAULTS, MIDWAY, TalkativeShop
from tests.support.verbatim import VerbatimShop, VerbatimWarehouse

pytestmark = pytest.mark.reader

SECRET = "cAnArY/key+0001=tail"
USER = "cAnArY-user-0003@shop"
NOT_COUNTED = dict.fromkeys(("page_param", "base_page", "total_path"))
REFERENCES = {"rows": "data", "paging": {"type": "json_link", "next_url_path": "next", **NOT_COUNTED}}
ORDERS = Request(resources=("orders",))

Verbatim = tuple[VerbatimShop, VerbatimWarehouse]


def _signed(kind: str, address: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The profile's auth and the settings' secrets."""
    url = {"access_token_url": f"{address}/token"} if kind == "oauth2_client_credentials" else {}
    secrets = {
        "bearer": {"shop_token": SECRET},
        "api_key": {"shop_api_key": SECRET},
        "http_basic": {"shop_username": USER, "shop_password": SECRET},
        "oauth2_client_credentials": {"shop_client_id": USER, "shop_client_secret": SECRET},
    }
    unused = dict.fromkeys(("shop_token", "shop_api_key", "shop_username", "shop_password"))
    return {"type": kind, **url}, {**unused, **secrets[kind]}


def _sent(kind: str) -> list[str]:
    return [value for value in _signed(kind, "")[1].values() if value]


def _forms(secret: str) -> Iterator[bytes]:
    """A secret as it is, percent-encoded, and inside of something in base64, wherever it begins there."""
    yield secret.encode()
    for encoded in (quote(secret, safe=""), quote(secret)):
        yield from (encoded.encode(), re.sub("%..", lambda found: found[0].lower(), encoded).encode())
    for before in range(3):
        within = base64.b64encode(b"x" * before + secret.encode())
        yield within[4 if before else 0 : -4]


FORMS = tuple(form for secret in (SECRET, USER, ACCESS_TOKEN) for form in _forms(secret))


def _found(text: bytes | str) -> list[bytes]:
    content = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    return [form for form in FORMS if form in content]


class _Everything(logging.Handler):
    """All that anybody logs, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(0)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(record.args))


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every line that is logged in this test, by whomever."""
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "DEBUG")
    handler = _Everything()
    root, own = logging.getLogger(), logging.getLogger("dlt")
    before = root.level
    for logger in (root, own):
        logger.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    for logger in (root, own):
        logger.removeHandler(handler)
    root.setLevel(before)


def _files(folder: Path) -> dict[str, list[bytes]]:
    """What each file has of secrets: its name, its bytes, what is compressed in it."""
    found = {}
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        unpacked = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else b""
        if here := [*_found(path.as_posix()), *_found(content), *_found(unpacked)]:
            found[path.name] = here
    return found


def _tables(database: Path) -> dict[str, list[bytes]]:
    """What each table has of secrets: the database packs its texts, and dlt its states."""
    if not database.exists():
        return {}
    found: dict[str, list[bytes]] = {}
    with duckdb.connect(str(database)) as warehouse:
        for schema, name in warehouse.execute(
            "SELECT schema_name, table_name FROM duckdb_tables()"
        ).fetchall():
            for row in warehouse.execute(f'SELECT * FROM "{schema}"."{name}"').fetchall():
                if here := [form for value in row for form in _found(f"{value}\n{_unpacked(value)}")]:
                    found.setdefault(name, []).extend(here)
    return found


def _unpacked(value: Any) -> str:
    try:
        return zlib.decompress(base64.b64decode(value, validate=True)).decode()
    except (TypeError, ValueError, zlib.error):
        return ""


def _chain(error: BaseException | None) -> str:
    """All texts of an error and of those behind it, shown or not."""
    texts: list[str] = []
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        texts += [str(error), repr(error), *traceback.format_exception(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def _check(warehouse: VerbatimWarehouse, logged: list[str], shown: str) -> None:
    assert _files(warehouse.folder) == {}
    assert _tables(warehouse.database) == {}
    assert [line for line in logged if _found(line)] == []
    assert _found(shown) == []


@pytest.mark.parametrize("kind", ["bearer", "api_key", "http_basic", "oauth2_client_credentials"])
def test_a_run_that_succeeds_leaves_no_secret_anywhere(
    verbatim: Verbatim, logged: list[str], capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    _, warehouse = verbatim
    shop = TalkativeShop(*_sent(kind))
    with shop.serve() as address:
        auth, secrets = _signed(kind, address)
        shop.faults = [*FAULTS]
        profile = warehouse.profile(**REFERENCES, auth=auth)
        outcome = warehouse.run(address, ORDERS, profile, archive=True, **secrets)
    assert [(a.loaded, a.rejected_rows) for a in outcome.accounts] == [(3, 3)]
    sources = warehouse.query("SELECT DISTINCT _source FROM ecommerce.orders")
    assert any("***" in source for (source,) in sources)
    # The shop gets its references back as it made them, and only what is kept of them is hidden.
    assert any(form.decode() in path for path in shop.asked for form in FORMS)
    shown = capfd.readouterr()
    _check(warehouse, logged, shown.out + shown.err)


@pytest.mark.parametrize("ending", [*AT_ONCE, *(f"later {name}" for name in MIDWAY)])
def test_a_run_that_fails_leaves_no_secret_anywhere(
    verbatim: Verbatim, logged: list[str], capfd: pytest.CaptureFixture[str], ending: str
) -> None:
    _, warehouse = verbatim
    shop = TalkativeShop(USER, SECRET)
    with shop.serve() as address:
        shop.ending = ending.removeprefix("later ")
        shop.midway = ending.startswith("later ")
        auth, secrets = _signed("http_basic", address)
        profile = warehouse.profile(**REFERENCES, auth=auth)
        with pytest.raises(RunFailed) as caught:
            warehouse.run(address, ORDERS, profile, archive=True, request_attempts=2, **secrets)
    assert any("page=2" in path for path in shop.asked) == shop.midway
    shown = capfd.readouterr()
    _check(warehouse, logged, shown.out + shown.err + _chain(caught.value))


def test_an_unexpected_error_leaves_no_secret_anywhere(
    verbatim: Verbatim, logged: list[str], run_here: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(self: Acceptance, endpoint: Any, page: Any, repeats: Any, read: int) -> Any:
        raise KeyError(f"{page!r} {endpoint.profile!r}")

    _, warehouse = verbatim
    shop = TalkativeShop(USER, SECRET)
    with shop.serve() as address:
        auth, secrets = _signed("http_basic", address)
        profile = warehouse.profile(**REFERENCES, auth=auth)
        named = {"SHOP": str(profile), "SHOP_BASE_URL": f"{address}/api"} | {
            name.upper(): value for name, value in secrets.items() if value
        }
        monkeypatch.setattr(Acceptance, "judge_rows", defect)
        result = run_here(
            "--resources", "orders", env={f"SOURCES__ECOMMERCE__{k}": v for k, v in named.items()}
        )
    assert result.returncode == 1
    assert "KeyError" in result.stderr
    _check(warehouse, logged, result.stdout + result.stderr)
