"""Every setting of the pipeline, declared once and read through dlt's own configuration.

A value comes from the first place that has it: an environment variable
(`SOURCES__ECOMMERCE__SHOP`), `.dlt/secrets.toml`, `.dlt/config.toml`, the default below.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.misspellings import of_tables, of_variables, refuse_misspelt

SECTION = "sources.ecommerce"

KINDS: dict[str, tuple[type, str]] = {
    "bool": (bool, "true or false"),
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "str": (str, "a text in quotes"),
}

SHORTEST_SECRET = 4


# Longer pauses and spans are slips of the pen, and some of them more than clocks and calendars can hold.
DAY_SECONDS, YEAR_SECONDS, CENTURY_DAYS = 86_400, 366 * 86_400, 36_525


def _setting(default: Any, text: str, secret: bool = False, least: float = 0, most: float = 1_000_000) -> Any:
    metadata = {"text": text, "secret": secret, "least": least, "most": most}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """What a person may set under `[sources.ecommerce]`. Times are seconds, instants UTC."""

    shop: str = _setting("demo", "Name of a shop profile that ships with the pipeline, or the path of one.")
    shop_base_url: str | None = _setting(None, "The API's base address, where it differs from the profile's.")
    shop_token: str | None = _setting(None, "Bearer token.", secret=True)
    shop_api_key: str | None = _setting(None, "API key that is sent in a header.", secret=True)
    shop_username: str | None = _setting(None, "User of basic authentication.", secret=True)
    shop_password: str | None = _setting(None, "Password of basic authentication.", secret=True)
    shop_client_id: str | None = _setting(None, "OAuth2 client id.", secret=True)
    shop_client_secret: str | None = _setting(None, "OAuth2 client secret.", secret=True)
    page_size: int | None = _setting(None, "Rows per page, where it differs from the profile's.", least=1)
    connect_timeout_seconds: float = _setting(
        10.0, "How long to wait for a connection.", least=0.001, most=DAY_SECONDS
    )
    read_timeout_seconds: float = _setting(
        60.0, "How long to wait for the next bytes of an answer.", least=0.001, most=DAY_SECONDS
    )
    response_max_seconds: float = _setting(
        300.0, "How long one answer may take to its last byte.", least=0.001, most=DAY_SECONDS
    )
    response_max_bytes: int = _setting(
        64 * 1024 * 1024, "How many bytes one answer may have, decompressed.", least=1024, most=10**12
    )
    list_max_pages: int = _setting(
        1_000_000, "After how many pages of one list a run gives up.", least=1, most=10**9
    )
    connections: int = _setting(
        16, "How many requests may be under way at once, 1 for one after the other.", least=1, most=256
    )
    request_attempts: int = _setting(
        6, "How often one request is tried in all before the run fails.", least=1, most=1000
    )
    backoff_seconds: float = _setting(
        0.5, "First pause before a retry; doubles each time, with jitter.", most=DAY_SECONDS
    )
    backoff_max_seconds: float = _setting(30.0, "Longest pause of our own before a retry.", most=DAY_SECONDS)
    retry_after_max_seconds: float = _setting(
        300.0,
        "Longest pause that the shop may ask for; if it asks for more, the run fails and says so.",
        most=YEAR_SECONDS,
    )
    window_attempts: int = _setting(
        5, "How often a window of the cursor is read in all when it moved.", least=2, most=1000
    )
    safety_lag_seconds: float | None = _setting(
        None,
        "How far behind the shop's clock the cursor stays, where it differs from the profile's.",
        most=YEAR_SECONDS,
    )
    columnar: bool = _setting(
        True,
        "Hand pages over as columns where they fit; false takes the way of single records, which is slower.",
    )
    checkpoint_rows: int = _setting(
        250_000,
        "How many rows are fetched before they are committed and the run goes on.",
        least=1,
        most=10**9,
    )
    checkpoint_bytes: int = _setting(
        128 * 1024 * 1024, "The same by bytes of fetched pages.", least=1024, most=10**12
    )
    checkpoint_seconds: float = _setting(
        300.0, "The same by time, whichever comes first.", least=0.001, most=YEAR_SECONDS
    )
    destination_wait_seconds: float = _setting(
        60.0, "How long to wait for a DuckDB file that is open elsewhere.", most=DAY_SECONDS
    )
    sweep_max_share: float = _setting(
        0.1, "Which part of a table a sweep may mark as deleted without --force.", most=1
    )
    sweep_min_rows: int = _setting(20, "So many rows of a table a sweep may mark in any case.")
    archive: bool = _setting(True, "Keep every page as it came.")
    archive_address: str = _setting("data/archive", "Where pages are kept: a folder, or gs://, s3://, ...")
    archive_retention_days: int = _setting(
        30, "Days after which archived pages are deleted; 0 keeps them.", most=CENTURY_DAYS
    )
    personal_hashed: str | None = _setting(
        None, "Columns of persons that are hashed, as resource.field, separated by commas."
    )
    personal_dropped: str | None = _setting(None, "Columns of persons that are dropped, written likewise.")
    personal_salt: str | None = _setting(
        None, "What personal values are hashed with, at least 16 characters.", secret=True
    )
    demo_folder: str = _setting("data", "Where the demo shop remembers when it was opened.")

    @property
    def has_persons(self) -> bool:
        """Whether any column is declared personal."""
        return bool(self.personal_hashed or self.personal_dropped)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that are set; one that is too short to be found in a text is left out."""
        values = (getattr(self, item.name) for item in fields(self) if item.metadata["secret"])
        return tuple(value for value in values if value and len(value) >= SHORTEST_SECRET)


def describe() -> list[tuple[str, str]]:
    """All settings as (dotted key, sentence), in the order of declaration."""
    return [(f"{SECTION}.{item.name}", item.metadata["text"]) for item in fields(Settings)]


def load_settings() -> Settings:
    """Read all settings through dlt's providers.

    Raises:
        SettingError: an unknown key under `[sources.ecommerce]`, or a value of the wrong type.
    """
    import dlt
    from dlt.common.configuration.providers.toml import TomlProviderReadException

    try:
        # Asked by `dlt.config.get`, the table would stand in dlt's trace, with its secrets.
        asked = (
            provider.get_value("ecommerce", dict, "", "sources") for provider in dlt.config.config_providers
        )
        section: Any = next((found for found, _ in asked if found), {})
    except TomlProviderReadException as error:
        words = " ".join(str(error).split())
        raise SettingError(f"A file in .dlt cannot be read: {words}. Correct it, then run again.") from None
    _check_names(section)
    read = {item.name: _read(item) for item in fields(Settings)}
    return Settings(**{name: value for name, value in read.items() if value is not None})


def _check_names(section: Any) -> None:
    if not isinstance(section, dict):
        raise SettingError(
            f"`{SECTION}` is {section!r}, expected a table: write [{SECTION}] above its settings."
        )
    known = [item.name for item in fields(Settings)]
    refuse_misspelt((f"{SECTION}.{name}" for name in section), known)
    refuse_misspelt(of_variables(os.environ), known)
    # Each profile of a workspace may have files of its own: staging.config.toml, prod.secrets.toml.
    for file in (*Path(".dlt").glob("*config.toml"), *Path(".dlt").glob("*secrets.toml")):
        if not file.name.startswith("example."):
            refuse_misspelt(of_tables(_toml(file)), known)


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} cannot be read: {error}. Correct it, then run again.") from None


def _read(item: Field[Any]) -> Any:
    """One value as its declared type, or None where nobody set it."""
    import dlt
    from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException
    from dlt.common.configuration.utils import deserialize_value

    kind, words = KINDS[str(item.type).split(" | ", maxsplit=1)[0]]
    key, secret = f"{SECTION}.{item.name}", item.metadata["secret"]
    accessor = dlt.secrets if secret else dlt.config
    try:
        # dlt writes what it looked up into its trace, secrets too where they are asked for as a text.
        value: Any = accessor.get(key) if secret else accessor.get(key, kind)
        value = deserialize_value(key, value, kind) if secret and value is not None else value
    except (ConfigValueCannotBeCoercedException, ValueError, OverflowError):
        got = "set to something else" if secret else repr(accessor.get(key))
        raise SettingError(f"`{key}` is {got}, expected {words}.") from None
    if isinstance(value, str) and not secret and not value.strip():
        raise SettingError(f"`{key}` is empty, expected {words}. Set it, or leave it out for the default.")
    least, most = item.metadata["least"], item.metadata["most"]
    if isinstance(value, int | float) and not least <= value <= most:
        raise SettingError(f"`{key}` is {value}, expected {words} from {least} to {most}.")
    return value
