"""The sanity checks, on the table that keeps their results; what they find wrong holds the files back."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetsDefinition,
    AssetSpec,
    Definitions,
    MaterializeResult,
    MetadataValue,
    definitions,
    multi_asset,
)

from ecommerce_pipeline.checks.results import CHECKS, Finding
from ecommerce_pipeline.checks.sanity.run import NAMES, check
from ecommerce_pipeline.load.destination import is_lake
from ecommerce_pipeline.orchestration.dagster.step import POOL, retries, settings_here, step
from ecommerce_pipeline.orchestration.dagster.tables import raw_key, raw_specs
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import has_models
from ecommerce_pipeline.transform.star import STAR

RESULTS = raw_key(CHECKS.name)

CHECKED = (*STAR, "daily_revenue")
"""Models that are checked beside the raw tables."""


@definitions
def defs() -> Definitions:
    """The checks, where there is a warehouse to ask."""
    return Definitions([] if is_lake() else [_checks(settings_here())])


def _checks(settings: Settings) -> AssetsDefinition:
    names = {_identifier(name): name for name in sorted(NAMES)}
    spec = AssetSpec(
        RESULTS,
        deps=[*(raw.key for raw in raw_specs(settings)), *(CHECKED if has_models(settings) else ())],
        description="What the sanity checks have found, each time that they were asked.",
        group_name="checks",
    )

    @multi_asset(
        name="check",
        specs=[spec],
        check_specs=[
            AssetCheckSpec(name, asset=RESULTS, description=words, blocking=True)
            for name, words in names.items()
        ],
        retry_policy=retries(settings),
        pool=POOL,
    )
    def checks() -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        """Ask the warehouse whether it holds together."""
        with step():
            checked = check(settings)
        yield MaterializeResult(asset_key=RESULTS, metadata={"check_id": checked.check_id})
        for name, words in names.items():
            found = [finding for finding in checked.findings if finding.name == words]
            yield AssetCheckResult(
                passed=all(finding.passed for finding in found),
                asset_key=RESULTS,
                check_name=name,
                metadata={"found": MetadataValue.md(_table(found))},
            )

    return checks


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name)


def _table(found: Sequence[Finding]) -> str:
    rows = [
        f"| {'passed' if finding.passed else 'failed'} | {finding.subject} | {finding.found} | {finding.expected} |"
        for finding in found
    ]
    return "\n".join(["| | subject | found | expected |", "|---|---|---|---|", *rows])
