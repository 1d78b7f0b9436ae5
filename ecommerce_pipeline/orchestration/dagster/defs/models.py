"""The models: one asset each, their tests as checks of these."""

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Definitions,
    Failure,
    MaterializeResult,
    definitions,
)
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from ecommerce_pipeline.orchestration.dagster.step import POOL, retries, settings_here, step
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import Built, build, has_models
from ecommerce_pipeline.transform.manifest import manifest


class ByFolder(DagsterDbtTranslator):
    """Assets are called as their models; groups are the folders of the project, and history."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetSpec:
        """The asset of a model; a source keeps the key that it has anyway."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id)
        if node is None:
            return spec
        group = "history" if node["resource_type"] == "snapshot" else node["fqn"][1]
        return spec.replace_attributes(key=AssetKey(node["name"]), group_name=group)


TRANSLATOR = ByFolder()


@definitions
def defs() -> Definitions:
    """The models, where the warehouse has any."""
    settings = settings_here()
    return Definitions([_models(settings, manifest(settings))] if has_models(settings) else [])


def _models(settings: Settings, known: Mapping[str, Any]) -> AssetsDefinition:
    @dbt_assets(
        name="build",
        manifest=known,
        dagster_dbt_translator=TRANSLATOR,
        retry_policy=retries(settings),
        pool=POOL,
    )
    def models(context: AssetExecutionContext) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        """Build the models of what has changed since the last build."""
        with step():
            built = build(settings, told=context.log.info)
        yield from _models_up_to_date(context, built, known)
        yield from _checks(context, built, known)
        if built.failed:
            raise Failure(_words(built), allow_retries=False)

    return models


def _words(built: Built) -> str:
    """What failed: it would fail again, at the same cost, until somebody mends it or new rows come."""
    return "; ".join(f"{node.name}: {node.message}" for node in built.failed)


def _checks(
    context: AssetExecutionContext, built: Built, known: Mapping[str, Any]
) -> Iterator[AssetCheckResult]:
    """What became of the tests, as far as they were asked for."""
    for node in built.nodes:
        key = get_asset_check_key_for_test(known, TRANSLATOR, node.unique_id, None)
        if key in context.selected_asset_check_keys and node.status != "skipped":
            yield AssetCheckResult(
                passed=node.well,
                asset_key=key.asset_key,
                check_name=key.name,
                metadata={"status": node.status, "message": node.message},
            )


def _models_up_to_date(
    context: AssetExecutionContext, built: Built, known: Mapping[str, Any]
) -> Iterator[MaterializeResult[Any]]:
    """Models that are what the rows say: built now, or of rows that have not changed."""
    made = {node.unique_id: node for node in built.nodes}
    needs = {unique_id: node["depends_on"]["nodes"] for unique_id, node in known["nodes"].items()}
    for unique_id in TopologicalSorter(needs).static_order():
        if not unique_id.startswith(("model", "snapshot")):
            continue
        key = TRANSLATOR.get_asset_spec(known, unique_id, None).key
        node = made.get(unique_id)
        if key in context.selected_asset_keys and (node is None or node.well):
            yield MaterializeResult(
                asset_key=key,
                metadata={"built": node is not None, "seconds": node.seconds if node else 0.0},
            )
