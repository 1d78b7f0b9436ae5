"""What runs ask of Snowflake: statements by kind, bytes that are staged, and what stays there."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tests.contract.conftest import OpenShop
from tests.support.doors.snowflake import control
from tests.support.journey import OPTIONS, travelled
from tests.support.truth import differences

pytestmark = pytest.mark.door("snowflake")


def _kinds(statements: list[str]) -> Counter[str]:
    return Counter(_kind(statement) for statement in statements)


def _kind(statement: str) -> str:
    first, second = f"{statement} -".split()[:2]
    return f"{first} {second}".upper() if first.upper() in ("ALTER", "CREATE") else first.upper()


def test_a_journey_leaves_nothing_in_the_stage_and_an_idle_run_sends_questions_alone(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    shop, warehouse = open_shop(**OPTIONS)
    server: Any = warehouse.door
    asked: dict[str, dict[str, Any]] = {}
    control(server.address, away_at=None)
    for name, _ in travelled(shop, [warehouse], monkeypatch):
        asked[name] = control(server.address)
        record_property(f"statements for Snowflake: {name}", len(asked[name]["statements"]))
        record_property(f"bytes staged for Snowflake: {name}", asked[name]["uploaded"])
        control(server.address, away_at=None)
    assert {step["staged_files"] for step in asked.values()} == {0}
    _quiet(asked["nothing new"])
    _quiet(asked["local state wiped"])
    _clustered_once([statement for step in asked.values() for statement in step["statements"]])


def _quiet(step: dict[str, Any]) -> None:
    assert step["uploaded"] == 0
    assert set(_kinds(step["statements"])) <= {"SHOW", "SELECT"}, _kinds(step["statements"])
    assert not [text for text in step["statements"] if "INFORMATION_SCHEMA" in text.upper()]


def _clustered_once(statements: list[str]) -> None:
    made = [text for text in statements if _kind(text).startswith(("CREATE", "ALTER"))]
    told = [text for text in made if re.search("CLUSTER", text, re.IGNORECASE)]
    assert [_kind(text) for text in told] == ["CREATE TABLE"] * 2, told
    assert any("ADD COLUMN" in text.upper() and "GIFT_NOTE" in text.upper() for text in statements)


def test_statements_carry_the_query_tag_that_is_configured(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__RAW__QUERY_TAG", "loader {pipeline_name} {table} {operation}")
    shop, warehouse = open_shop(sizes={"customers": 3, "products": 3, "orders": 3})
    server: Any = warehouse.door
    control(server.address, away_at=None)
    with shop.serve() as address:
        warehouse.run(address)
    tags = {text for text in control(server.address)["statements"] if "QUERY_TAG" in text}
    told = {" ".join(tag.split()) for tag in tags}
    assert "ALTER SESSION SET QUERY_TAG = 'loader ecommerce orders load'" in told, told


@pytest.mark.parametrize("form", ["fields", "address"])
def test_a_key_pair_signs_in(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    shop, warehouse = open_shop(sizes={"customers": 3, "products": 3, "orders": 3})
    server: Any = warehouse.door
    pem = warehouse.folder / "loader.p8"
    pem.write_bytes(_key())
    name = "DESTINATION__RAW__CREDENTIALS"
    before = urlsplit(os.environ[name])
    key = {"private_key_path": str(pem), "private_key_passphrase": "passphrase"}
    if form == "address":
        query = urlencode({**dict(parse_qsl(before.query)), **key})
        monkeypatch.setenv(name, f"snowflake://keyholder@emulation{before.path}?{query}")
    else:
        monkeypatch.delenv(name)
        given = {
            "database": before.path[1:],
            "host": "emulation",
            "username": "keyholder",
            "role": "LOADER",
            **key,
        }
        for field, value in {**given, "query": json.dumps(dict(parse_qsl(before.query)))}.items():
            monkeypatch.setenv(f"{name}__{field.upper()}", value)
    control(server.address, away_at=None)
    with shop.serve() as address:
        warehouse.run(address)
    (login,) = {(who["name"], who["authenticator"]) for who in control(server.address)["logins"]}
    assert login == ("keyholder", "SNOWFLAKE_JWT")
    assert differences(shop, warehouse.database) == []


def _key() -> bytes:
    """A private key with a passphrase."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase"))
