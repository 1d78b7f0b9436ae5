"""What models, checks, files and alerts may be told."""

from __future__ import annotations

from dataclasses import dataclass

from ecommerce_pipeline.settings.field import CENTURY_DAYS, setting

SCHEMA = (
    r"(?!ecommerce(_staging)?$)[a-z][a-z0-9_]{2,40}",
    "3 to 41 small letters, digits and underscores, not the schema of the raw tables (ecommerce)",
)


@dataclass(frozen=True)
class ModelSettings:
    """What a person may set of what comes after the load."""

    transform: bool = setting(True, "Build the models after each load that brought something.")
    models_schema: str = setting(
        "analytics", "Schema of the models in the warehouse; begins the names of the others.", form=SCHEMA
    )
    dbt_environment: str | None = setting(
        None, "Folder of the virtual environment that has dbt for the warehouse, if not the usual one."
    )
    service_level_days: float = setting(
        7.0, "Within how many days an order has to arrive.", most=CENTURY_DAYS
    )
    rejected_share_limit: float = setting(
        0.05, "Which part of a run's records may be rejected before it is an alert.", most=1
    )
    stale_after_hours: float = setting(
        26.0,
        "After how many hours without a run that went well, or without the usual new rows, it is an alert.",
    )
    orphans_allowed: int = setting(
        0, "How many rows of a table may name a row that the shop itself has not.", most=10**9
    )
    row_drop_limit: float = setting(
        0.2, "Which part of a table's rows may be deleted between two checks.", most=1
    )
    checks_skipped: str | None = setting(None, "Names of checks that are left out, separated by commas.")
    export_address: str = setting(
        "data/export", "Where `export` writes files: a folder, or s3://, gs://, ..."
    )
    export_format: str = setting("parquet", "What it writes.", among=("parquet", "csv"))
