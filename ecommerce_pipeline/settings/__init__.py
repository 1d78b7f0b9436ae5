"""Every setting of the pipeline, declared once and read through dlt's own configuration.

A value comes from the first place that has it: an environment variable
(`SOURCES__ECOMMERCE__SHOP`), `.dlt/secrets.toml`, `.dlt/config.toml`, the default below.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.misspellings import of_tables, of_variables, refuse_misspelt
from ecommerce_pipeline.settings.alerts import AlertSettings
from ecommerce_pipeline.settings.field import KINDS
from ecommerce_pipeline.settings.load import LoadSettings
from ecommerce_pipeline.settings.models import ModelSettings
from ecommerce_pipeline.settings.orchestration import OrchestrationSettings

SECTION = "sources.ecommerce"

SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Settings(OrchestrationSettings, AlertSettings, ModelSettings, LoadSettings):
    """What a person may set under `[sources.ecommerce]`. Times are seconds, instants UTC."""

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
    _check_workers()
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


def _check_workers() -> None:
    """dlt looks at this one of its settings when it loads, after the shop was read."""
    import dlt
    from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException

    key = "load.workers"
    try:
        workers = dlt.config.get(key, int)
    except (ConfigValueCannotBeCoercedException, ValueError):
        workers = 0
    if workers is not None and workers < 1:
        raise SettingError(f"`{key}` is {dlt.config.get(key)!r}, expected a whole number from 1.")


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
    among = item.metadata["among"]
    if among and value is not None and value not in among:
        raise SettingError(f"`{key}` is {value!r}, expected {' or '.join(among)}.")
    pattern, form = item.metadata["form"]
    if pattern and value is not None and not re.fullmatch(pattern, value):
        raise SettingError(f"`{key}` is {value!r}, expected {form}.")
    return value
