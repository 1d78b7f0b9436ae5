"""Of what kind the tables of a lake are: files to which versions are added, or tables that merge."""

from __future__ import annotations

from importlib.util import find_spec

import dlt

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.destination import is_lake
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.source import RUNS
from ecommerce_pipeline.source.reading import LakeTables


def lake_tables(settings: Settings) -> LakeTables | None:
    """The kind that the settings name; None for a warehouse.

    Raises:
        SettingError: a package is not installed that they need.
    """
    if not is_lake():
        return None
    if settings.lake_tables == "parquet":
        return "parquet"
    if find_spec("deltalake") is None:
        raise SettingError(
            "`sources.ecommerce.lake_tables` is 'delta', which needs a package that is not installed. Run: pip install"
            " -r requirements/lake.txt"
        )
    return "delta"


def require_same_kind(pipeline: dlt.Pipeline, lake: LakeTables | None) -> None:
    """Refuse a lake whose tables are of the other kind: rows of one would not be seen beside those of the other.

    Args:
        pipeline: its schema is that of what was loaded.
        lake: the kind that the settings name.

    Raises:
        SettingError: they are.
    """
    if not lake or not pipeline.default_schema_name or RUNS not in pipeline.default_schema.tables:
        return
    there = pipeline.default_schema.tables[RUNS].get("table_format") or "parquet"
    if there != lake:
        raise SettingError(
            f"The lake has {there} tables, and `sources.ecommerce.lake_tables` is {lake!r}. Set it to {there!r}, or"
            " give the other kind another `bucket_url`."
        )
