"""The tables that a run loads, as assets: their keys are those of dbt's sources, so that models stand behind them."""

from __future__ import annotations

from datetime import timedelta

from dagster import AssetKey, AssetSpec, FreshnessPolicy

from ecommerce_pipeline.load.destination import destination_type
from ecommerce_pipeline.load.requirements import DATASET
from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.columns import nested_columns
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.profile_file import load_profile

OWN = {
    "pipeline_runs": "The account of each list in each run.",
    "rejected_records": "Records that broke the contract, with their reasons.",
}


def raw_tables(settings: Settings) -> dict[str, str]:
    """The tables of the shop's rows, and the resource that fills each.

    Args:
        settings: name the shop's profile.

    Raises:
        SettingError: the profile is wrong.
    """
    resources = load_profile(settings.shop).resources
    embedded = {
        name: f"{found.embedded_in}__{name}" for name, found in resources.items() if found.embedded_in
    }
    return {
        table: name
        for name, model in MODELS.items()
        if name in resources
        for table in (embedded.get(name, name), *(f"{name}__{inside}" for inside in nested_columns(model)))
    }


def raw_specs(settings: Settings) -> list[AssetSpec]:
    """The assets of all tables that a run fills.

    Args:
        settings: name the shop, and how old rows may be.
    """
    tables = raw_tables(settings)
    kinds = {"dlt", destination_type()}
    fresh = FreshnessPolicy.time_window(fail_window=timedelta(hours=settings.stale_after_hours))
    described = {**{table: _described(table, name) for table, name in tables.items()}, **OWN}
    return [
        AssetSpec(
            raw_key(table),
            deps=[raw_key(parent)] if (parent := table.partition("__")[0]) != table else [],
            description=words,
            group_name="raw",
            kinds=kinds,
            metadata={"dagster/table_name": f"{DATASET}.{table}"},
            freshness_policy=fresh,
        )
        for table, words in described.items()
    ]


def raw_key(table: str) -> AssetKey:
    """The key of a table's asset."""
    return AssetKey([DATASET, table])


def _described(table: str, resource: str) -> str:
    if table == resource:
        return f"The newest version of each row of the shop's {resource}."
    return f"Elements of lists inside rows of {table.partition('__')[0]}."
