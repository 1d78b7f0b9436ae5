"""What every step has: errors that Dagster understands, a place in the queue, tries that do no harm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import Backoff, Failure, Jitter, RetryPolicy

from ecommerce_pipeline.command.environment import log_to_stderr, require_project
from ecommerce_pipeline.errors import PipelineError, SettingError, ShopRefused, TooManyGone, Unaccounted
from ecommerce_pipeline.settings import Settings, load_settings

HOURLY = "hourly"
"""The job that does all."""

POOL = "warehouse"
"""Runs that write wait for each other here: `dagster.yaml` lets one in, which is what DuckDB can bear."""

FOR_A_PERSON = (SettingError, ShopRefused, TooManyGone, Unaccounted)
"""What another try cannot mend, or would hide."""


def settings_here() -> Settings:
    """The settings of the project's folder.

    Raises:
        SettingError: this is no project's folder, or a setting is wrong.
    """
    require_project()
    return load_settings()


def retries(settings: Settings) -> RetryPolicy:
    """How often a failed step is tried again: each of them may be repeated without harm."""
    return RetryPolicy(
        max_retries=3,
        delay=settings.step_retry_seconds,
        backoff=Backoff.EXPONENTIAL,
        jitter=Jitter.PLUS_MINUS,
    )


@contextmanager
def step() -> Iterator[None]:
    """A failure inside the block becomes Dagster's, in one sentence, and is tried again where that can help."""
    log_to_stderr()
    try:
        yield
    except PipelineError as error:
        raise Failure(str(error), allow_retries=not isinstance(error, FOR_A_PERSON)) from None
