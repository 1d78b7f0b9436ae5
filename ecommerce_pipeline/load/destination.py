"""The warehouse that the configuration names."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import dlt
from dlt.common.configuration.exceptions import (
    ConfigFieldMissingException,
    ConfigurationException,
)
from dlt.common.destination import Destination
from dlt.common.destination.exceptions import DestinationException, UnknownDestinationModule
from dlt.common.pipeline import get_dlt_pipelines_dir

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.failures import first_line
from ecommerce_pipeline.load.requirements import DATASET, LAKE, require_merge, require_usable

logger = logging.getLogger(__name__)

PIPELINE = "ecommerce"
SECTION = f"pipelines.{PIPELINE}"

CAPABILITIES: dict[str, dict[str, Any]] = {
    # Without transactions DELETE and INSERT of one merge run in autocommit, and a failure between them
    # loses rows.
    "duckdb": {"supports_transactions": True},
    "postgres": {"supports_transactions": True},
    "redshift": {"supports_transactions": True},
    "snowflake": {"supports_transactions": True},
}

REFERENCES = {
    LAKE: "ecommerce_pipeline.load.lake.filesystem",
    "duckdb": "ecommerce_pipeline.load.duckdb.duckdb",
    "snowflake": "ecommerce_pipeline.load.snowflake.snowflake",
}
"""Where a destination of dlt's needs something beside it."""


def open_destination() -> Destination[Any, Any]:
    """The destination of `[pipelines.ecommerce] destination_type`, its credentials present.

    Raises:
        SettingError: no such destination, its package is not installed, or a credential is missing.
    """
    kind = destination_type()
    name = dlt.config.get(f"{SECTION}.destination_name", str)
    if not name or name == DATASET:
        raise SettingError(
            f"`{SECTION}.destination_name` is {name!r}, expected a name other than the dataset's, for example"
            ' "raw": DuckDB calls its database by it. Set it in .dlt/config.toml.'
        )
    try:
        destination: Any = Destination.from_reference(_reference(kind), destination_name=name)
        _ = destination.client_class  # imports the driver
        require_merge(destination, kind)
        configuration = destination.configuration(destination.spec()._bind_dataset_name(DATASET))
    except (ConfigurationException, DestinationException, ImportError, ValueError) as error:
        raise _refused(kind, name, error) from None
    require_usable(configuration, kind, name)
    opened: Destination[Any, Any] = destination
    return opened


def _refused(kind: str, name: str, error: Exception) -> SettingError:
    """Why a destination cannot be used, in our words."""
    where = f"`{SECTION}.destination_type` is {kind!r}"
    if isinstance(error, UnknownDestinationModule):
        return SettingError(
            f"{where}, expected a destination that dlt knows, for example duckdb, snowflake or postgres. Correct it in"
            " .dlt/config.toml."
        )
    if isinstance(error, ImportError):
        return SettingError(
            f'{where}, which needs a package that is not installed. Run: pip install "dlt[{kind}]"'
        )
    if isinstance(error, ConfigFieldMissingException):
        if "bucket_url" in " ".join(_missing(error)):
            return SettingError(
                f"The lake has no address: write `bucket_url` under [destination.{name}] in .dlt/config.toml, a folder,"
                " s3://... or gs://...; docs/lake.md shows how."
            )
        return SettingError(
            f"The destination `{kind}` has no credentials, or not all of them: missing {_missing_words(error)}."
            f" Put all into .dlt/secrets.toml under [destination.{name}.credentials], as .dlt/example.secrets.toml"
            " shows."
        )
    return SettingError(
        f"{where}, which cannot be used as it is configured: {first_line(error)} Correct [destination.{name}] in"
        " .dlt/config.toml or .dlt/secrets.toml."
    )


def open_pipeline() -> dlt.Pipeline:
    """The one pipeline, into the destination that `open_destination` has checked."""
    kind = destination_type()
    try:
        pipeline = dlt.pipeline(PIPELINE, destination=_reference(kind), dataset_name=DATASET)
        if pipeline.default_schema_name:
            _ = pipeline.default_schema  # a full disk may have kept it from being written
    except ConfigurationException:  # some are ValueErrors, and a wrong setting damages no folder
        raise
    except (ValueError, FileNotFoundError) as error:
        # A file of the working folder is missing, cut short or edited. What counts is committed in the warehouse.
        folder = Path(get_dlt_pipelines_dir()) / PIPELINE
        logger.warning(
            "%s cannot be read (%s); it is dropped, the warehouse counts", folder, first_line(error)
        )
        shutil.rmtree(folder)
        pipeline = dlt.pipeline(PIPELINE, destination=_reference(kind), dataset_name=DATASET)
    # Given as an instance instead, dlt would warn that it ignores the configured name.
    pipeline.destination.caps_params.update(CAPABILITIES.get(kind, {}))
    return pipeline


def destination_type() -> str:
    """The type of destination that the configuration names."""
    named = dlt.config.get(f"{SECTION}.destination_type", str) or "duckdb"
    return named.removeprefix("dlt.destinations.")


def _reference(kind: str) -> str:
    """What dlt is to open for a type of destination."""
    return REFERENCES.get(kind, kind)


def is_lake() -> bool:
    """Whether the destination has files and no SQL."""
    return destination_type() == LAKE


def file_format(destination: Destination[Any, Any]) -> Any:
    """Parquet wherever the destination takes it: on DuckDB it loads a hundred times faster than inserts."""
    formats = destination.capabilities().supported_loader_file_formats or []
    if destination_type() == "postgres":
        return None  # files of inserts; parquet needs the ADBC driver, and that fails on a file without rows
    return "parquet" if "parquet" in formats else None


def _missing(error: ConfigFieldMissingException) -> list[str]:
    inner = getattr(error, "missing_fields", None) or error.fields
    return [f"`{name}`" for name in inner]


def _missing_words(error: ConfigFieldMissingException) -> str:
    """dlt tries several kinds of credentials for a bucket, and names what the last kind lacks."""
    missing = [name for name in _missing(error) if name != "`local_dir`"] or ["`credentials`"]
    return ", ".join(missing)
