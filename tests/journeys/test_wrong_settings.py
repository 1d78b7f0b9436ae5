"""A wrong setting gives one clear sentence with the cure, exit code 2 or 1, and nothing is written."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.conftest import RunCommand

SECTION = "SOURCES__ECOMMERCE__"


def _profile_without_base_url(project: Path) -> str:
    path = project / "shop.toml"
    path.write_text(
        'name = "x"\n[auth]\ntype = "bearer"\n[paging]\ntype = "offset"\n[resources.orders]\npath = "o"\n'
    )
    return str(path)


WRONG = {
    "unknown shop": ({"SHOP": "nowhere"}, (), 2, "`sources.ecommerce.shop` is 'nowhere'"),
    "profile that lacks a key": ({"SHOP": "shop.toml"}, (), 2, "`base_url` is missing"),
    "missing secret": ({"SHOP_BASE_URL": "http://127.0.0.1:9/api"}, (), 2, "SOURCES__ECOMMERCE__SHOP_TOKEN"),
    "unknown resource": ({}, ("--resources", "orders,invoices"), 2, "Unknown resource 'invoices'"),
    "since after until": ({}, ("--since", "2026-02-01", "--until", "2026-01-01"), 2, "is not before"),
    "a date that is none": ({}, ("--since", "yesterday"), 2, "--since is 'yesterday'"),
    "a date before all dates": ({}, ("--since", "0001-01-01T00:00:00+05:00"), 2, "years 1970 to 2199"),
    "no time to connect": ({"CONNECT_TIMEOUT_SECONDS": "0"}, (), 2, "expected a number from 0.001"),
    "no address": ({"SHOP_BASE_URL": "http://[bad", "SHOP_TOKEN": "k"}, (), 2, "begins with https://"),
    "a key with a line end": (
        {"SHOP_BASE_URL": "http://127.0.0.1:9", "SHOP_TOKEN": "k\ny"},
        (),
        2,
        "`sources.ecommerce.shop_token` has a line end",
    ),
    "a key that the demo shop could not be sent": (
        {"SHOP_TOKEN": " k"},
        (),
        2,
        "`sources.ecommerce.shop_token`",
    ),
    "a demo port that cannot be": ({}, ("demo", "--port", "99999999"), 2, "99999999"),
    "an archive nowhere": ({"ARCHIVE_ADDRESS": ""}, (), 2, "`sources.ecommerce.archive_address` is empty"),
    "a sweep of a window": ({}, ("--since", "2026-01-01", "sweep"), 2, "leave out --since"),
    "a sweep that refreshes": ({}, ("--full-refresh", "sweep"), 2, "leave out --full-refresh"),
    "a window of rejected records": ({}, ("--until", "2026-01-01", "replay"), 2, "leave out --since"),
    "persons without a salt": (
        {"PERSONAL_HASHED": "customers.email"},
        (),
        2,
        "`sources.ecommerce.personal_salt` is missing",
    ),
    "a personal column of no resource": (
        {"PERSONAL_DROPPED": "clients.phone"},
        (),
        2,
        "there is no resource 'clients'",
    ),
    "refresh of a window": ({}, ("--full-refresh", "--since", "2026-01-01"), 2, "leave out --since"),
}


def test_the_process_ends_with_the_code_and_shows_no_traceback(
    project: Path, run_command: RunCommand
) -> None:
    result = run_command("--resources", "orders,invoices")
    _is_one_sentence(result.stderr, "Unknown resource 'invoices'")
    assert result.returncode == 2
    _nothing_is_written(project)


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_one_sentence_and_nothing_is_written(
    case: str, project: Path, run_here: RunCommand
) -> None:
    settings, arguments, code, words = WRONG[case]
    _profile_without_base_url(project)
    result = run_here(*arguments, env={SECTION + name: value for name, value in settings.items()})
    _is_one_sentence(result.stderr, words)
    assert result.returncode == code
    _nothing_is_written(project)


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        ("snowflake", "destination `snowflake` has no credentials"),
        ("nowhere", "is 'nowhere', expected a destination that dlt knows"),
        ("mssql", 'Run: pip install "dlt[mssql]"'),
        ("filesystem", "write `bucket_url` under [destination.raw] in .dlt/config.toml"),
    ],
)
def test_a_destination_that_cannot_be_used_stops_before_anything_is_written(
    destination: str, words: str, project: Path, run_here: RunCommand
) -> None:
    result = run_here(env={"PIPELINES__ECOMMERCE__DESTINATION_TYPE": destination})
    _is_one_sentence(result.stderr, words)
    assert result.returncode == 2
    _nothing_is_written(project)


def test_a_destination_that_cannot_merge_is_refused(project: Path, run_here: RunCommand) -> None:
    result = run_here(env={"PIPELINES__ECOMMERCE__DESTINATION_TYPE": "dummy"})
    _is_one_sentence(result.stderr, "cannot merge rows by key")
    assert result.returncode == 2
    _nothing_is_written(project)


def test_a_database_that_is_called_like_its_dataset_is_refused(project: Path, run_here: RunCommand) -> None:
    result = run_here(env={"DESTINATION__RAW__CREDENTIALS": "duckdb:///ecommerce.duckdb"})
    _is_one_sentence(result.stderr, "DuckDB cannot tell them apart")
    assert result.returncode == 2
    _nothing_is_written(project)


SNOWFLAKE = {
    "PIPELINES__ECOMMERCE__DESTINATION_TYPE": "snowflake",
    "DESTINATION__RAW__CREDENTIALS__DATABASE": "RAW",
    "DESTINATION__RAW__CREDENTIALS__HOST": "account",
    "DESTINATION__RAW__CREDENTIALS__USERNAME": "LOADER",
}
LAKE = {"PIPELINES__ECOMMERCE__DESTINATION_TYPE": "filesystem", "DESTINATION__RAW__BUCKET_URL": "lake"}
KEY = "DESTINATION__RAW__CREDENTIALS__PRIVATE_KEY"
UNUSABLE = {
    "a file called like the staging schema": (
        {"DESTINATION__RAW__CREDENTIALS": "duckdb:///ecommerce_staging.duckdb"},
        "DuckDB cannot tell them apart",
    ),
    "a file called like the schema of the models": (
        {"DESTINATION__RAW__CREDENTIALS": "duckdb:///Analytics.duckdb"},
        "DuckDB cannot tell them apart",
    ),
    "a key that is no key": (SNOWFLAKE | {KEY: "not PEM"}, "The private key for Snowflake cannot be read"),
    "a key that is not there": (SNOWFLAKE | {f"{KEY}_PATH": "nowhere.p8"}, "Correct [destination.raw]"),
    "a password without its user": (
        {
            "PIPELINES__ECOMMERCE__DESTINATION_TYPE": "postgres",
            "DESTINATION__RAW__CREDENTIALS__PASSWORD": "k",
        },
        "has no credentials, or not all of them",
    ),
    "files of two loads under one name": (
        LAKE | {"DESTINATION__RAW__LAYOUT": "{table_name}/{YYYY}/rows.{ext}"},
        "would overwrite each other",
    ),
    "files without the number of their load": (
        LAKE | {"DESTINATION__RAW__LAYOUT": "{table_name}/{file_id}.{ext}"},
        "would overwrite each other",
    ),
    "a lake on a page": (
        LAKE | {"DESTINATION__RAW__BUCKET_URL": "ftp://127.0.0.1/x"},
        "where no lake can be kept",
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_destination_in_which_rows_would_be_lost_or_nothing_be_loaded_is_refused(
    case: str, project: Path, run_here: RunCommand
) -> None:
    env, words = UNUSABLE[case]
    result = run_here(env=env)
    _is_one_sentence(result.stderr, words)
    assert result.returncode == 2
    _nothing_is_written(project)


def test_a_warehouse_that_cannot_be_opened_is_named_in_one_sentence(
    project: Path, run_command: RunCommand
) -> None:
    (project / "raw.duckdb").write_text("this is no database" * 1000)
    result = run_command()
    _is_one_sentence(result.stderr, "The warehouse cannot be opened: ")
    assert result.returncode == 1
    assert (project / "raw.duckdb").read_text().startswith("this is no database")


@pytest.mark.parametrize(
    ("variable", "value"), [("RUNTIME__LOG_LEVEL", "LOUD"), ("RUNTIME__DLTHUB_TELEMETRY", "x")]
)
def test_a_setting_of_dlt_that_is_wrong_is_one_sentence(
    project: Path, run_command: RunCommand, variable: str, value: str
) -> None:
    result = run_command(env={variable: value})
    _is_one_sentence(result.stderr, value)
    assert result.returncode in (1, 2)
    assert not (project / "raw.duckdb").exists()


def test_a_setting_of_a_profile_that_is_misspelt_is_named(project: Path, run_command: RunCommand) -> None:
    (project / ".dlt" / "staging.config.toml").write_text('[source.ecommerce]\nshop = "myshop.toml"\n')
    result = run_command(env={"WORKSPACE__PROFILE": "staging"})
    _is_one_sentence(result.stderr, "Nothing reads `source.ecommerce.shop`")
    assert result.returncode == 2


def test_a_profile_without_files_of_its_own_is_refused(project: Path, run_command: RunCommand) -> None:
    result = run_command(env={"WORKSPACE__PROFILE": "stagging"})
    _is_one_sentence(result.stderr, "`WORKSPACE__PROFILE` is 'stagging', and there is neither")
    assert result.returncode == 2
    _nothing_is_written(project)


def test_an_address_where_nobody_answers_ends_the_run(project: Path, run_here: RunCommand) -> None:
    with socket.socket() as taken:  # bound and not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/api"
        settings = {
            "SHOP_BASE_URL": address,
            "SHOP_TOKEN": "k",
            "BACKOFF_SECONDS": "0.01",
            "REQUEST_ATTEMPTS": "2",
        }
        result = run_here(env={SECTION + name: value for name, value in settings.items()})
    _is_one_sentence(result.stderr, "Connection refused")
    assert result.returncode == 1
    _nothing_is_written(project)


def test_an_unknown_setting_names_the_one_that_was_meant(project: Path, run_command: RunCommand) -> None:
    config = project / ".dlt" / "config.toml"
    config.write_text(
        config.read_text().replace("page_size", "page_sise").replace("# page_sise", "page_sise")
    )
    result = run_command()
    _is_one_sentence(result.stderr, "Did you mean `page_size`?")
    assert result.returncode == 2
    _nothing_is_written(project)


@pytest.mark.parametrize(
    ("file", "content"),
    [("config.toml", b'shop = "\xff"'), ("secrets.toml", b'[sources.ecommerce]\nshop_token = "pass-word')],
)
def test_a_settings_file_that_is_no_toml_is_named_and_not_quoted(
    file: str, content: bytes, project: Path, run_command: RunCommand
) -> None:
    (project / ".dlt" / file).write_bytes(content)
    result = run_command()
    _is_one_sentence(result.stderr, file)
    assert "pass-word" not in result.stderr
    assert result.returncode == 2
    _nothing_is_written(project)


@pytest.mark.parametrize("lacking", ["config.toml", ".workspace"])
def test_a_folder_that_is_no_project_is_refused(project: Path, run_command: RunCommand, lacking: str) -> None:
    (project / ".dlt" / lacking).unlink()
    result = run_command()
    _is_one_sentence(result.stderr, f"no .dlt/{lacking}")
    assert result.returncode == 2
    assert {path.name for path in project.iterdir()} == {"pipelines.py", ".dlt"}


def test_an_archive_that_cannot_be_written_stops_before_anything_is_loaded(
    project: Path, run_here: RunCommand
) -> None:
    (project / "file").write_text("in the way")
    result = run_here(env={SECTION + "ARCHIVE_ADDRESS": "file/archive"})
    _is_one_sentence(result.stderr, "`sources.ecommerce.archive_address` is 'file/archive'")
    assert result.returncode == 2
    assert not (project / "raw.duckdb").exists()


def _is_one_sentence(stderr: str, words: str) -> None:
    """Log lines may stand before; the last line says what is wrong, and no traceback does."""
    last = stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert words in last
    assert "Traceback" not in stderr


def _nothing_is_written(project: Path) -> None:
    left = {path.name for path in project.iterdir()} - {"pipelines.py", ".dlt", "shop.toml"}
    assert left == set()
    # dlt makes empty working folders as soon as its configuration is read.
    assert [path for path in (project / ".dlt" / ".var").rglob("*") if path.is_file()] == []
