"""Curated files: one asset for each table that is exported."""

from collections.abc import Iterator
from typing import Any

from dagster import AssetsDefinition, AssetSpec, Definitions, MaterializeResult, definitions, multi_asset

from ecommerce_pipeline.export.run import export
from ecommerce_pipeline.export.tables import TABLES
from ecommerce_pipeline.orchestration.dagster.defs.checks import RESULTS
from ecommerce_pipeline.orchestration.dagster.step import POOL, retries, settings_here, step
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import has_models


@definitions
def defs() -> Definitions:
    """The files, where there are models to write."""
    settings = settings_here()
    return Definitions([_files(settings)] if has_models(settings) else [])


def _files(settings: Settings) -> AssetsDefinition:
    @multi_asset(
        name="export",
        specs=[
            AssetSpec(
                ["files", table.name],
                deps=[table.name, RESULTS],
                description=f"{table.name} as files, one for each day.",
                group_name="files",
                kinds={settings.export_format},
            )
            for table in TABLES
        ],
        retry_policy=retries(settings),
        pool=POOL,
    )
    def files() -> Iterator[MaterializeResult[Any]]:
        """Write the days that changed."""
        with step():
            found = export(settings)
        for table in found:
            told = {"days": table.partitions, "written": table.written, "removed": table.removed}
            yield MaterializeResult(asset_key=["files", table.table], metadata=told)

    return files
