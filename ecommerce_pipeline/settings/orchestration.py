"""What schedulers may be told."""

from __future__ import annotations

from dataclasses import dataclass

from ecommerce_pipeline.settings.field import DAY_SECONDS, setting

DAY = (r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a day, for example 2024-01-01")


@dataclass(frozen=True)
class OrchestrationSettings:
    """What a person may set of a scheduler's runs."""

    first_day: str = setting(
        "2024-01-01", "The first day, UTC, that a backfill in Dagster can ask for.", form=DAY
    )
    days_per_run: int = setting(
        30, "How many days one run of a backfill in Dagster reads.", least=1, most=10_000
    )
    parallel_windows: int = setting(
        1, "How many runs of a backfill in Dagster may load side by side; DuckDB lets one.", least=1, most=64
    )
    step_retry_seconds: float = setting(
        60.0, "First pause before Dagster tries a failed step again; it grows with each.", most=DAY_SECONDS
    )
