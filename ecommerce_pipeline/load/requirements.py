"""What a destination has to have, so that no row is lost in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dlt
from dlt.common.destination.client import DestinationClientDwhConfiguration

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.failures import first_line
from ecommerce_pipeline.settings.models import ModelSettings

DATASET = "ecommerce"
STAGING = f"{DATASET}_staging"
LAKE = "filesystem"
NO_STORES = ("http", "https", "ftp")
"""Protocols that fsspec knows and that no lake can be kept by: they write nothing, or nothing whole."""


def schemas() -> tuple[str, ...]:
    """The schemas in the warehouse: of the rows, of the copy that dlt merges from, of the models."""
    models = dlt.config.get("sources.ecommerce.models_schema", str) or ModelSettings.models_schema
    return DATASET, STAGING, models.lower()


def require_merge(destination: Any, kind: str) -> None:
    """Where dlt cannot merge it appends, and rows would come twice; a lake has ways of its own.

    Raises:
        SettingError: it cannot.
    """
    strategies = destination.capabilities().supported_merge_strategies or ()
    has_tables = issubclass(destination.spec, DestinationClientDwhConfiguration)
    if not has_tables or not (kind == LAKE or "delete-insert" in strategies):
        raise SettingError(
            f"The destination `{kind}` cannot merge rows by key: they would stand there twice. Name one that can, for"
            " example duckdb, snowflake or postgres, as `pipelines.ecommerce.destination_type`."
        )


def require_usable(configuration: Any, kind: str, name: str) -> None:
    """Refuse what fails later, or loses rows without a word.

    Args:
        configuration: of the destination.
        kind: its type.
        name: under which it is configured.

    Raises:
        SettingError: names what is wrong.
    """
    if kind == "duckdb":
        _require_another_name(str(getattr(configuration.credentials, "database", "") or ""), name)
    elif kind == "snowflake":
        _require_readable_key(configuration, name)
    elif kind == LAKE:
        _require_store(configuration, name)
        _require_whole_files(str(configuration.layout), name)


def _require_another_name(file: str, name: str) -> None:
    """DuckDB calls a database by its file's name, which is that of the destination where none is given; a schema of the
    same name makes every table ambiguous.
    """
    if {Path(file).stem.lower(), name.lower()} & set(schemas()):
        raise SettingError(
            f"The DuckDB file is {file!r}, the destination {name!r}, and a schema has that name too"
            f" ({', '.join(schemas())}): DuckDB cannot tell them apart. Give the file another name, for example"
            " raw.duckdb."
        )


def _require_readable_key(configuration: Any, name: str) -> None:
    if not configuration.credentials.private_key:
        return
    try:
        configuration.credentials.to_connector_params()
    except Exception as error:  # the library raises what it likes
        raise SettingError(
            f"The private key for Snowflake cannot be read: {first_line(error).rstrip('.:')}. Give it as PEM (PKCS#8),"
            f" and its passphrase if it has one, under [destination.{name}.credentials]; docs/snowflake.md shows how to"
            " make one."
        ) from None


def _require_store(configuration: Any, name: str) -> None:
    if configuration.protocol in NO_STORES:
        raise SettingError(
            f"`destination.{name}.bucket_url` begins with {configuration.protocol}://, where no lake can be kept. Use a"
            " folder, s3:// or gs://; docs/lake.md shows how."
        )


def _require_whole_files(layout: str, name: str) -> None:
    """Files of two loads under one name would overwrite each other; a table's files are known by their folder, and
    those of a load that was given up by what their names begin with.
    """
    file = layout.rpartition("/")[2]
    begins = layout.startswith("{table_name}/") and file.startswith("{load_id}.")
    if not (begins and "{file_id}" in file and file.endswith(".{ext}")):
        raise SettingError(
            f"`destination.{name}.layout` is {layout!r}, expected one that begins with {{table_name}}/ and ends with"
            " /{load_id}.{file_id}.{ext}: otherwise files of two loads would overwrite each other, or be found by"
            " nobody. Correct it in .dlt/config.toml."
        )
