"""The warehouse that the configuration names."""

from __future__ import annotations

from typing import Any

import dlt
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigurationException,
)
from dlt.common.destination import Destination
from dlt.common.destination.exceptions import DestinationException

from ecommerce_pipeline.errors import SettingError

PIPELINE = "ecommerce"
DATASET = "ecommerce"
SECTION = f"pipelines.{PIPELINE}"

CAPABILITIES: dict[str, dict[str, Any]] = {
    # Without transactions DELETE and INSERT of one merge run in autocommit, and a failure between them
    # loses rows.
    "duckdb": {"supports_transactions": True},
}


def open_destination() -> Destination[Any, Any]:
    """The destination of `[pipelines.ecommerce] destination_type`, its credentials present.

    Raises:
        SettingError: no such destination, its package is not installed, or a credential is missing.
    """
    kind = _kind()
    name = dlt.config.get(f"{SECTION}.destination_name", str)
    if not name or name == DATASET:
        raise SettingError(
            f"`{SECTION}.destination_name` is {name!r}, expected a name other than the dataset's, for example"
            ' "raw": DuckDB calls its database by it. Set it in .dlt/config.toml.'
        )
    try:
        destination: Any = Destination.from_reference(kind, destination_name=name)
        destination.configuration(destination.spec()._bind_dataset_name(DATASET))
    except ConfigFieldMissingException as error:
        raise SettingError(
            f"The destination `{kind}` has no credentials: missing {', '.join(_missing(error))}. Put them into"
            f" .dlt/secrets.toml under [destination.{name}.credentials]; .dlt/example.secrets.toml shows how."
        ) from None
    except (ConfigurationException, DestinationException, ImportError) as error:
        raise SettingError(
            f"`{SECTION}.destination_type` is {kind!r}, which cannot be used: {_first_line(error)}"
            " Name one that dlt knows (duckdb, snowflake, postgres, ...) and install its package."
        ) from None
    opened: Destination[Any, Any] = destination
    return opened


def open_pipeline() -> dlt.Pipeline:
    """The one pipeline, into the destination that `open_destination` has checked."""
    kind = _kind()
    pipeline = dlt.pipeline(PIPELINE, destination=kind, dataset_name=DATASET)
    # Given as an instance instead, dlt would warn that it ignores the configured name.
    pipeline.destination.caps_params.update(CAPABILITIES.get(kind, {}))
    return pipeline


def _kind() -> str:
    return dlt.config.get(f"{SECTION}.destination_type", str) or "duckdb"


def file_format(destination: Destination[Any, Any]) -> Any:
    """Parquet wherever the destination takes it: on DuckDB it loads a hundred times faster than inserts."""
    formats = destination.capabilities().supported_loader_file_formats or []
    return "parquet" if "parquet" in formats else None


def _missing(error: ConfigFieldMissingException) -> list[str]:
    inner = getattr(error, "missing_fields", None) or error.fields
    return [f"`{name}`" for name in inner]


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0]
