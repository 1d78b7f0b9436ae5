"""A setting that is wrong is refused by its name, with what was got and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from dlt.common.configuration import is_secret_hint
from dlt.common.configuration.utils import get_resolved_traces
from dlt.common.runtime.run_context import switch_context

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.settings import Settings, load_settings

VARIABLE = "SOURCES__ECOMMERCE__"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("page_size", "0", "is 0, expected a whole number from 1 to"),
        ("page_size", "2.5", "is '2.5', expected a whole number"),
        ("connect_timeout_seconds", "0", "is 0.0, expected a number from 0.001 to 86400"),
        ("read_timeout_seconds", "1e300", "is 1e+300, expected a number from 0.001 to 86400"),
        ("request_attempts", "0", "is 0, expected a whole number from 1 to 1000"),
        ("request_attempts", "5000", "is 5000, expected a whole number from 1 to 1000"),
        ("backoff_seconds", "nan", "is nan, expected a number from 0 to 86400"),
        ("backoff_max_seconds", "inf", "is inf, expected a number from 0 to 86400"),
        ("retry_after_max_seconds", "-1", "is -1.0, expected a number from 0 to 31622400"),
        ("window_attempts", "1", "is 1, expected a whole number from 2 to 1000"),
        ("safety_lag_seconds", "1e15", "expected a number from 0 to 31622400"),
        ("archive_retention_days", "1000000000", "expected a whole number from 0 to 36525"),
        ("response_max_bytes", "1", "is 1, expected a whole number from 1024 to"),
        ("response_max_seconds", "0", "is 0.0, expected a number from 0.001 to 86400"),
        ("list_max_pages", "0", "is 0, expected a whole number from 1 to"),
        ("archive", "maybe", "is 'maybe', expected true or false"),
        ("models_schema", "a b", "is 'a b', expected 3 to 41 small letters"),
        ("models_schema", "Analytics", "expected 3 to 41 small letters"),
        ("models_schema", "ecommerce", "not the schema of the raw tables"),
        ("export_format", "xlsx", "is 'xlsx', expected parquet or csv"),
    ],
)
def test_a_value_that_no_clock_or_count_can_have_is_refused(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE + name.upper(), value)
    with pytest.raises(SettingError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"`sources.ecommerce.{name}` ")
    assert words in str(caught.value)


@pytest.mark.parametrize("value", ["0", "-1", "zero", "1.5"])
def test_a_number_of_loading_threads_that_dlt_would_refuse_later_is_refused_at_once(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOAD__WORKERS", value)
    with pytest.raises(SettingError, match=rf"`load\.workers` is '{value}', expected a whole number from 1"):
        load_settings()


def test_a_section_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text('[sources]\necommerce = "demo"\n')
    switch_context(str(tmp_path))  # dlt has read the folder before the file was there
    with pytest.raises(SettingError, match=r"`sources\.ecommerce` is 'demo', expected a table"):
        load_settings()


@pytest.mark.parametrize("place", ["environment", "secrets.toml"])
def test_dlts_trace_has_no_secret(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    get_resolved_traces().clear()
    if place == "environment":
        monkeypatch.setenv(f"{VARIABLE}SHOP_TOKEN", "pass-word")
    else:
        (tmp_path / ".dlt").mkdir()
        (tmp_path / ".dlt" / "secrets.toml").write_text('[sources.ecommerce]\nshop_token = "pass-word"\n')
    switch_context(str(tmp_path))  # dlt has read the folder before the file was there
    assert load_settings().shop_token == "pass-word"
    shown = [trace.value for trace in get_resolved_traces().resolved_traces if not is_secret_hint(trace.hint)]
    assert shown
    assert "pass-word" not in repr(shown)


def test_secrets_are_known_and_not_printed() -> None:
    settings = Settings(shop_token="pass-word", shop_username="abc")
    assert settings.secrets == ("pass-word",)
    assert "pass-word" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("SOURCES__ECOMERCE__SHOP", "Did you mean `sources.ecommerce.shop`?"),
        ("SOURCE__ECOMMERCE__SHOP", "Did you mean `sources.ecommerce.shop`?"),
        ("SOURCES__ECOMMERCE__SHOPP", "Did you mean `shop`?"),
        ("SOURCES__ECOMMERCE__PAGE_SIZES", "Did you mean `page_size`?"),
        ("PIPELINES__ECOMMERCE__DESTINATION_TYP", "Did you mean `destination_type`?"),
        ("PIPELINE__ECOMMERCE__DESTINATION_TYPE", "Did you mean `pipelines.ecommerce.destination_type`?"),
    ],
)
def test_a_misspelt_variable_is_not_passed_over(
    variable: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "snowflake")
    with pytest.raises(SettingError) as caught:
        load_settings()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "table", ["[source.ecommerce]\nshop = 'x'", "[pipelines.ecommerce]\ndestinaton_type = 'snowflake'"]
)
def test_a_misspelt_name_in_the_file_is_not_passed_over(table: str, tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text(table, "utf-8")
    with pytest.raises(SettingError, match="Did you mean"):
        load_settings()


@pytest.mark.parametrize(
    "variable", ["SOURCES__DATA_WRITER__FILE_MAX_ITEMS", "PIPELINES__OTHER__DESTINATION_TYPE"]
)
def test_names_of_others_are_left_alone(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    assert load_settings() == Settings()
