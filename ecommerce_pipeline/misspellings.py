"""Names of settings that nobody reads because they are misspelt: a slip must not load the demo shop in silence."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ecommerce_pipeline.errors import SettingError

SETTINGS = "sources.ecommerce"
PIPELINE = "pipelines.ecommerce"
DESTINATION = ("destination_type", "destination_name", "staging_type", "staging_name")
ALIKE = 0.8


def refuse_misspelt(names: Iterable[str], known: Collection[str]) -> None:
    """Refuse a name that is meant for us and read by nobody.

    Args:
        names: dotted names that are set, for example `sources.ecommerce.shop`, lower case.
        known: all settings below `sources.ecommerce`.

    Raises:
        SettingError: it names the slip and what was meant.
    """
    for name in names:
        section, _, key = name.rpartition(".")
        if section == SETTINGS and key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean `{close[0]}`?" if close else "docs/settings.md lists all settings."
            raise SettingError(f"Unknown setting `{name}`. {hint}")
        if section == PIPELINE and (meant := _meant(key, DESTINATION)):
            raise SettingError(f"Unknown setting `{name}`. Did you mean `{meant}`?")
        if meant := _meant(section, (SETTINGS, PIPELINE)):
            raise SettingError(f"Nothing reads `{name}`. Did you mean `{meant}.{key}`?")


def of_variables(variables: Iterable[str]) -> Iterator[str]:
    """Environment variables as dotted names: `SOURCES__ECOMMERCE__SHOP` is `sources.ecommerce.shop`."""
    return (name.lower().replace("__", ".") for name in variables if "__" in name)


def of_tables(document: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted names of all values of a TOML document."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from of_tables(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _meant(name: str, known: Collection[str]) -> str | None:
    close = difflib.get_close_matches(name, known, n=1, cutoff=ALIKE)
    return close[0] if close and name not in known else None
