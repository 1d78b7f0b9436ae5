"""G7: what is declared personal is nowhere: not in a file, a table, a log or an error, whatever becomes of its row."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecommerce_pipeline.checks.verify import verify
from ecommerce_pipeline.demo import Faults
from ecommerce_pipeline.errors import ContractBroken, DestinationFailed, RunFailed, SettingError
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import Outcome
from ecommerce_pipeline.records.content import content_hash, decode_json
from ecommerce_pipeline.replay.archive_files import pages_in
from ecommerce_pipeline.replay.run import replay_archive
from tests.contract.conftest import OpenShop
from tests.support.checked import content
from tests.support.verbatim import ORDER, STAMP, VerbatimShop, VerbatimWarehouse
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.reader

GZIP = b"\x1f\x8b"
MARK = "Qz7k"
DIGITS = 49301777123777
PERSONAL: dict[str, Any] = {
    "personal_hashed": "customers.email, customers.phone, orders.buyer, order_items.engraving",
    "personal_dropped": "customers.address, customers.addresses.street, orders.shipping_address",
    "personal_salt": "a salt that nobody knows",
}
PLACE = {"street": f"{MARK} Straße 1", "city": "Köln"}
CUSTOMER: dict[str, Any] = {
    "id": 1,
    "email": f"{MARK}@persons.example",
    "phone": f"+49 30 {MARK}",
    "address": PLACE,
    "addresses": [PLACE],
    "updated_at": STAMP,
}
LINE = {"id": 7, "product_id": None, "quantity": 1, "unit_price": "9.98", "engraving": f"for {MARK}"}
SALE = {**ORDER, "buyer": CUSTOMER["email"], "shipping_address": PLACE, "items": [LINE]}
RESOURCES = {
    "customers": {"path": "customers"},
    "orders": {"path": "orders"},
    "order_items": {"embedded_in": "orders", "embedded_field": "items"},
}
WRONG: list[Any] = [
    {**CUSTOMER, "email": f"{MARK} at nowhere"},
    {**CUSTOMER, "email": {"home": f"{MARK}@persons.example", "n": DIGITS}},
    {**CUSTOMER, "email": [f"{MARK}@persons.example", DIGITS]},
    {**CUSTOMER, "Email": f"{MARK}@persons.example"},
    {**CUSTOMER, "address": f"{MARK} Straße 1", "status": ""},
    {**CUSTOMER, "addresses": f"{MARK} Straße 1"},
    {**CUSTOMER, "addresses": [f"{MARK} Straße 1"]},
    {**CUSTOMER, "addresses": {"street": MARK}},
    {"email": f"{MARK}@persons.example"},
    f"{MARK}@persons.example",
    [CUSTOMER, MARK],
]

Verbatim = tuple[VerbatimShop, VerbatimWarehouse]


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "DEBUG")
    caplog.set_level(logging.DEBUG)


def _run(warehouse: VerbatimWarehouse, address: str, **settings: Any) -> Outcome:
    profile = warehouse.profile(resources=RESOURCES)
    return warehouse.run(address, profile=profile, **{"archive": True, **PERSONAL, **settings})


def _texts(warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    """Every file of the test's folder and every value of every table, each with its place."""
    for file in warehouse.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            whole = gzip.decompress(content) if content.startswith(GZIP) else content
            yield str(file.relative_to(warehouse.folder)), whole.decode("utf-8", "ignore")
    if warehouse.door.exists():
        tables = warehouse.query("SELECT table_schema, table_name FROM information_schema.tables")
        for schema, table in tables:
            yield f"table {table}", repr(warehouse.query(f'SELECT * FROM "{schema}"."{table}"'))


def _where(warehouse: Warehouse, marks: Iterable[str]) -> set[str]:
    marks = tuple(marks)
    return {place for place, text in _texts(warehouse) if any(mark in text for mark in marks)}


def _check(warehouse: Warehouse, caplog: Any, capfd: Any, marks: Iterable[str] = (MARK, str(DIGITS))) -> None:
    marks = tuple(marks)
    assert _where(warehouse, marks) == set()
    shown = capfd.readouterr()
    said = caplog.text + shown.out + shown.err
    assert [mark for mark in marks if mark in said] == []


@pytest.mark.door("duckdb")
def test_without_a_policy_the_marks_are_found_everywhere(verbatim: Verbatim) -> None:
    """The search that the other tests rely on finds what is there."""
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER, WRONG[0]])
    with shop.serve() as address:
        _run(warehouse, address, personal_hashed=None, personal_dropped=None)
    found = _where(warehouse, [MARK])
    assert {"table customers", "table customers__addresses", "table rejected_records"} <= found
    assert any(place.startswith("raw.duckdb") for place in found)  # or its log of writes
    assert any(place.startswith("data/archive/customers/") for place in found)
    assert any(place.startswith("dlt/") for place in found)


def test_rows_of_all_kinds_leave_no_person_anywhere(verbatim: Verbatim, caplog: Any, capfd: Any) -> None:
    shop, warehouse = verbatim
    numbered = [{**row, "id": place} if "id" in row else row for place, row in enumerate(WRONG, 10)]
    shop.put("customers", [CUSTOMER, {**CUSTOMER, "id": 2, "phone": DIGITS}, *numbered])
    shop.put("orders", [SALE, {**SALE, "id": 2, "status": ""}, {**SALE, "id": 3, "items": [LINE, MARK]}])
    with shop.serve() as address:
        outcome = _run(warehouse, address)
    _check(warehouse, caplog, capfd)
    counts = {account.resource: (account.loaded, account.rejected_rows) for account in outcome.accounts}
    assert counts["customers"] == (2, len(WRONG))
    assert counts["orders"] == (2, 1)
    assert counts["order_items"] == (2, 2)


def test_a_real_reading_with_faults_leaves_no_person_anywhere(
    open_shop: OpenShop, caplog: Any, capfd: Any
) -> None:
    shop, warehouse = open_shop(
        paging="offset", invalid_share=0.1, faults=Faults(broken_json=0.1, truncated=0.1), tombstones=True
    )
    with shop.serve() as address:
        warehouse.run(address, archive=True, **PERSONAL)
    rows = shop.truth("customers") + shop.invalid("customers")
    marks = {row[name] for row in rows for name in ("email", "phone") if isinstance(row.get(name), str)}
    orders = shop.truth("orders")
    marks |= {row["address"]["street"] for row in shop.truth("customers")}
    marks |= {row["shipping_address"]["street"] for row in orders if row["shipping_address"]}
    _check(warehouse, caplog, capfd, {mark for mark in marks if len(mark) > 5})
    assert len(marks) > 150


def test_the_same_person_has_the_same_hash_in_two_resources_and_is_an_address(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER])
    shop.put("orders", [SALE])
    with shop.serve() as address:
        _run(warehouse, address)
    joined = "SELECT email FROM ecommerce.customers JOIN ecommerce.orders ON email = buyer"
    [(email,)] = warehouse.query(joined)
    assert len(email) == 32 + len("@hashed.invalid")


def test_a_refused_record_is_kept_masked_with_masked_reasons(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [WRONG[0]])
    with shop.serve() as address:
        _run(warehouse, address)
    [(raw, text)] = warehouse.query("SELECT raw, reasons FROM ecommerce.rejected_records")
    [reason] = json.loads(text)
    assert (reason["field"], reason["rule"]) == ("email", "not_an_email")
    assert reason["value"] == repr(json.loads(raw)["email"])
    assert json.loads(raw)["addresses"] == [{"city": "Köln"}]
    assert "address" not in json.loads(raw)


def test_what_was_masked_is_known_when_it_comes_again_and_new_under_another_salt(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER, {**WRONG[0], "id": 2}])
    shop.put("orders", [SALE])
    with shop.serve() as address:
        salts = [PERSONAL["personal_salt"], PERSONAL["personal_salt"], "another salt, as long"]
        runs = [_run(warehouse, address, personal_salt=salt) for salt in salts]
    new = [sum(account.loaded + account.rejected_rows for account in run.accounts) for run in runs]
    assert new == [4, 0, 4]


def test_the_archive_keeps_the_masked_rows_exactly_and_nothing_that_came_beside_them(
    verbatim: Verbatim, caplog: Any, capfd: Any
) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [{**CUSTOMER, "score": 1}])
    rows = shop.lists["customers"].replace(b'"score": 1', b'"score": 1.50, "big": 1e400, "half": "\\ud800"')
    shop.lists["customers"] = b'{"count": 1, "data": %b, "included": [{"name": "%b"}]}' % (
        rows,
        MARK.encode(),
    )
    declared = {"path": "customers", "rows": "data", "paging": {"total_path": "count"}}
    profile = warehouse.profile(resources={"customers": declared})
    with shop.serve() as address:
        warehouse.run(address, profile=profile, archive=True, **PERSONAL)
    files = (warehouse.folder / "data/archive").rglob("customers/**/*.gz")
    [document] = {content_hash(page): page for page in _decoded(files)}.values()
    [row] = document.pop("data")
    assert document == {"count": 1}
    assert row.pop("email").endswith("@hashed.invalid") and row.pop("phone").startswith("hashed-")
    rest = {"id": 1, "addresses": [{"city": "Köln"}], "updated_at": STAMP}
    assert content_hash(row) == content_hash(
        rest | decode_json(b'{"score": 1.50, "big": 1e400, "half": "\\ud800"}')
    )
    _check(warehouse, caplog, capfd)


def _decoded(files: Iterable[Path]) -> Iterator[Any]:
    return (decode_json(body) for file in files for body in pages_in(file.read_bytes()))


def test_the_archive_brings_the_masked_rows_back_and_they_are_those_of_the_shop(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER])
    shop.put("orders", [SALE])
    profile = warehouse.profile(resources=RESOURCES)
    with shop.serve() as address:
        _run(warehouse, address, archive_address="archive")
        before = content(warehouse, "customers"), content(warehouse, "orders__order_items")
        warehouse.door.delete()
        settings = warehouse.settings(address, profile, archive_address="archive", **PERSONAL)
        replay_archive(Request(), settings)
        assert (content(warehouse, "customers"), content(warehouse, "orders__order_items")) == before
        assert not verify(Request(), settings).differs
        assert _run(warehouse, address).accounts[0].loaded == 0
    assert _where(warehouse, [MARK]) == set()


def test_pages_of_the_time_before_a_policy_are_masked_when_they_are_loaded_again(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER])
    profile = warehouse.profile(resources=RESOURCES)
    with shop.serve() as address:
        warehouse.run(address, profile=profile, archive=True, archive_address="archive")
        shutil.rmtree(warehouse.folder / "dlt")
        warehouse.door.delete()
        replay_archive(Request(), warehouse.settings(address, profile, archive_address="archive", **PERSONAL))
        shutil.rmtree(warehouse.folder / "archive")
    assert _where(warehouse, [MARK]) == set()
    assert warehouse.query("SELECT count(*) FROM ecommerce.customers") == [(1,)]


def test_lists_without_personal_columns_are_archived_byte_for_byte(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.lists["orders"] = b'[ {"id" :1, "items": []} ]\n'
    with shop.serve() as address:
        _run(warehouse, address, personal_hashed="customers.email", personal_dropped=None)
    files = warehouse.folder.rglob("orders/**/*.json.gz")
    [orders] = {body for file in files for body in pages_in(file.read_bytes())}
    assert orders == shop.lists["orders"]


@pytest.mark.door("duckdb")
def test_a_warehouse_that_quotes_the_value_it_refuses_quotes_no_person(
    verbatim: Verbatim, caplog: Any, capfd: Any
) -> None:
    shop, warehouse = verbatim
    with shop.serve() as address:
        _run(warehouse, address)
        with warehouse.connected() as connection:
            connection.execute("CREATE UNIQUE INDEX once ON ecommerce.customers (email)")
        shop.put("customers", [CUSTOMER, {**CUSTOMER, "id": 2}])
        with pytest.raises(DestinationFailed, match=r"[0-9a-f]{32}@hashed\.invalid") as caught:
            _run(warehouse, address)
    assert MARK not in _everything_of(caught.value)
    assert any(place.suffix == ".gz" for place in (warehouse.folder / "data/archive").rglob("*"))
    _check(warehouse, caplog, capfd)


def _everything_of(error: BaseException | None) -> str:
    """The texts of an error and of all that caused it."""
    shown = ""
    while error is not None:
        shown += f"{error!s} {error!r} {error.args}"
        error = error.__cause__ or error.__context__
    return shown


LINK = {
    "type": "json_link",
    "next_url_path": "data",
    "base_page": None,
    "page_param": None,
    "total_path": None,
}


@pytest.mark.parametrize(
    "changes",
    [
        {"paging": {"total_path": "data"}},
        {"rows": "data", "paging": LINK},
        {"rows": "rows"},
        {"rows": "data[0].email"},
    ],
    ids=["total", "next page", "no rows", "a person for rows"],
)
def test_a_wrong_profile_that_leads_to_persons_shows_none(
    changes: dict[str, Any], verbatim: Verbatim, caplog: Any, capfd: Any
) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER])
    shop.lists["customers"] = b'{"data": %b}' % shop.lists["customers"]
    resources = {"customers": {"path": "customers"}}
    profile = warehouse.profile(**{"rows": "data", "resources": resources, **changes})
    with shop.serve() as address, pytest.raises(ContractBroken) as caught:
        warehouse.run(address, profile=profile, archive=True, **PERSONAL)
    assert MARK not in _everything_of(caught.value)
    _check(warehouse, caplog, capfd)


def test_a_body_that_cannot_be_read_is_kept_nowhere(verbatim: Verbatim, caplog: Any, capfd: Any) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER])
    with shop.serve() as address:
        _run(warehouse, address)
        shop.lists["customers"] = shop.lists["customers"][:-1]
        with pytest.raises(RunFailed) as caught:
            _run(warehouse, address, request_attempts=2)
    assert MARK not in str(caught.value)
    _check(warehouse, caplog, capfd)


def test_a_field_that_no_row_has_is_named(verbatim: Verbatim, caplog: Any) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER])
    with shop.serve() as address:
        _run(warehouse, address, personal_hashed="customers.emial")
    assert "no row of customers has the field customers.emial, which is declared personal" in caplog.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"personal_hashed": "clients.email"}, "there is no resource 'clients'"),
        ({"personal_hashed": "customers.id"}, "which is a key"),
        ({"personal_hashed": "customers.gone"}, "`gone` is what says that a row was deleted"),
        ({"personal_hashed": "order_items.order_id"}, "which is a key or a reference"),
        ({"personal_salt": None}, "secrets.token_hex"),
        ({"personal_dropped": "orders.items"}, "come the order_items"),
    ],
)
def test_a_policy_that_cannot_be_kept_stops_before_anything_is_asked_or_written(
    changes: dict[str, Any], words: str, verbatim: Verbatim
) -> None:
    _, warehouse = verbatim
    profile = warehouse.profile(resources=RESOURCES, tombstone="gone")
    before = set(warehouse.folder.rglob("*"))
    with pytest.raises(SettingError, match=words):
        warehouse.run("http://127.0.0.1:9", profile=profile, archive=True, **{**PERSONAL, **changes})
    assert set(warehouse.folder.rglob("*")) == before


def test_what_was_written_before_a_policy_goes_with_the_three_places_that_have_it(verbatim: Verbatim) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER, {**WRONG[0], "id": 2}])
    with shop.serve() as address:
        _run(warehouse, address, personal_hashed=None, personal_dropped=None)
        for place in ("data/archive", "dlt"):
            shutil.rmtree(warehouse.folder / place)
        warehouse.door.delete()
        _run(warehouse, address)
    assert _where(warehouse, [MARK]) == set()
    assert warehouse.query("SELECT count(*) FROM ecommerce.rejected_records") == [(1,)]


def test_the_salt_is_shown_nowhere(verbatim: Verbatim, caplog: Any, capfd: Any) -> None:
    shop, warehouse = verbatim
    shop.put("customers", [CUSTOMER])
    with shop.serve() as address:
        _run(warehouse, address)
    _check(warehouse, caplog, capfd, [PERSONAL["personal_salt"]])
