"""A profile that is wrong is refused with file, key, what was got and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecommerce_pipeline.errors import ProfileError, SettingError
from ecommerce_pipeline.shop.profile_file import load_profile, shipped_profiles

RIGHT = """
name = "s"
base_url = "https://shop.example/api"
order = "id"
[auth]
type = "none"
[paging]
type = "offset"
[cursor]
since_param = "since"
[resources.orders]
path = "orders"
paging = { offset_param = "skip" }
[resources.order_items]
embedded_in = "orders"
embedded_field = "items"
"""


def _file(folder: Path, text: str) -> str:
    path = folder / "shop.toml"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_is_right(name: str) -> None:
    assert load_profile(name).name == name


def test_what_stands_at_the_top_holds_for_all_resources_that_do_not_say_otherwise(tmp_path: Path) -> None:
    orders = load_profile(_file(tmp_path, RIGHT)).resources["orders"]
    assert (orders.order, orders.cursor.since_param) == ("id", "since")
    assert (orders.paging.type, orders.paging.offset_param) == ("offset", "skip")


def test_a_list_that_pages_otherwise_takes_over_no_key_of_another_type(tmp_path: Path) -> None:
    own = 'paging = { type = "page_number", base_page = 1 }'
    text = RIGHT.replace('type = "offset"', 'type = "offset"\noffset_param = "skip"\ntotal_path = "count"')
    orders = load_profile(_file(tmp_path, text.replace('paging = { offset_param = "skip" }', own))).resources[
        "orders"
    ]
    assert (orders.paging.type, orders.paging.base_page, orders.paging.total_path) == (
        "page_number",
        1,
        "count",
    )


@pytest.mark.parametrize(
    ("right", "wrong", "key", "words"),
    [
        ('name = "s"', "", "name", "is missing"),
        ("https://shop.example/api", "shop.example", "base_url", "begins with https://"),
        ("https://shop.example/api", "http://[bad", "base_url", "begins with https://"),
        ("https://shop.example/api", "https://shop.example/api?v=2", "base_url", "without parameters"),
        ("https://shop.example/api", "https://u:pass-word@shop.example", "base_url", "no user or password"),
        ('type = "none"', 'type = "magic"', "auth.type", "'magic'"),
        ('type = "offset"', 'type = "offset"\npage_param = "p"', "resources.orders.paging", "`page_param`"),
        ('type = "none"', 'type = "oauth2_client_credentials"', "auth", "access_token_url"),
        ('type = "none"', 'type = "none"\naccess_token_url = "shop.example"', "auth", "begins with https://"),
        ('type = "none"', 'type = "api_key"\nname = "X Key"', "auth.name", "pattern"),
        (
            'type = "none"',
            'type = "none"\naccess_token_request_data = "pass-word"',
            "auth.access_token_request_data",
            "valid dictionary",
        ),
        ('type = "none"', 'type = "none"\ntoken = "x"', "auth.token", "not a known key"),
        ('type = "offset"', 'type = "pages"', "resources.orders.paging.type", "'pages'"),
        ('order = "id"', 'order = "date"', "resources.orders.order", "'date'"),
        ('order = "id"', "page_size = 0", "resources.orders.page_size", "greater than 0"),
        ('since_param = "since"', 'timezone = "Moon"', "resources.orders.cursor.timezone", "IANA"),
        ('since_param = "since"', "lag_seconds = -1", "resources.orders.cursor.lag_seconds", "-1"),
        ('since_param = "since"', "lag_seconds = inf", "resources.orders.cursor.lag_seconds", "31622400"),
        (
            "[cursor]",
            "[pacing]\nrequests_per_second = 1e-320\n[cursor]",
            "pacing.requests_per_second",
            "0.001",
        ),
        ('paging = { offset_param = "skip" }', 'cursor = "x"', "resources.orders.cursor", "'x'"),
        ('paging = { offset_param = "skip" }', 'paging = "x"', "resources.orders.paging", "'x'"),
        ('path = "orders"', "", "resources.orders", "either `path`"),
        ('embedded_in = "orders"', 'embedded_in = "bills"', "resources", "declared resource"),
        ('embedded_field = "items"', "", "resources.order_items", "`embedded_field`"),
        ("resources.orders]", "resources.invoices]", "resources", "invoices is not one"),
        (
            'path = "orders"',
            'path = "orders"\nfields = { updated_at = "when" }',
            "resources.orders",
            "updated_at",
        ),
    ],
)
def test_a_wrong_profile_names_file_key_and_what_is_expected(
    tmp_path: Path, right: str, wrong: str, key: str, words: str
) -> None:
    assert right in RIGHT
    path = _file(tmp_path, RIGHT.replace(right, wrong))
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    assert (caught.value.file, caught.value.key) == (path, key)
    assert words in str(caught.value)
    assert "pass-word" not in str(caught.value)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="not readable as TOML"):
        load_profile(_file(tmp_path, "name = "))


def test_a_profile_that_does_not_exist_is_a_wrong_setting() -> None:
    with pytest.raises(SettingError, match="expected one of demo"):
        load_profile("nowhere.toml")
