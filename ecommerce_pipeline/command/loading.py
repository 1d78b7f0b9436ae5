"""One load, noted for those who are told of it: the same for the command and for schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecommerce_pipeline.command.prepared import prepared

if TYPE_CHECKING:
    from ecommerce_pipeline.command.alerting import Telling
    from ecommerce_pipeline.load.request import Request
    from ecommerce_pipeline.load.run import Outcome
    from ecommerce_pipeline.settings import Settings


def load_noted(request: Request, telling: Telling, builds: bool) -> tuple[Settings, Outcome]:
    """Load what a request asks for, and note how that ends.

    Args:
        request: what to read.
        telling: notes it.
        builds: whether models are built afterwards, where the settings do not say otherwise.

    Returns:
        the settings of the shop that was read, and what was done.

    Raises:
        SettingError, RunFailed: see `run`.
    """
    from ecommerce_pipeline.load.run import run

    with prepared(request, builds) as (settings, watch):
        telling.begins(settings)
        outcome = run(request, settings, watch=telling.watching(watch))
    telling.has_loaded(outcome.packages)
    if not outcome.complete:
        telling.wrong.append(
            f"Not every row of run {outcome.run_id} is accounted for; `pipeline_runs` tells of which list."
        )
    return settings, outcome
