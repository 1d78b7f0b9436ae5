"""Alerts at the end of a load, whatever became of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecommerce_pipeline.errors import AnotherRun, PipelineError, SettingError

if TYPE_CHECKING:
    from ecommerce_pipeline.load.run_ends import RunEnds
    from ecommerce_pipeline.settings import Settings


@contextmanager
def told_afterwards() -> Iterator[Callable[[Settings], list[str]]]:
    """Note how the load inside the block ends, and tell the channels. What goes wrong with that is a warning, and
    changes nothing about the load. Without channels nothing is noted.

    Yields what to call when the settings are right and the load begins; it gives a list for what is wrong with a load
    that does not raise.
    """
    begun: list[Settings] = []

    def begins(settings: Settings) -> list[str]:
        if not settings.alert_channels:
            return []
        begun.append(settings)
        return noting.enter_context(_run_ends().watching())

    try:
        with ExitStack() as noting:
            yield begins
    except (SettingError, AnotherRun):  # nothing was written; who has set it sees it, and the other run tells
        raise
    except Exception:
        _tell(begun)
        raise
    _tell(begun)


def _run_ends() -> RunEnds:
    from dlt.common.pipeline import get_dlt_pipelines_dir

    from ecommerce_pipeline.load.destination import PIPELINE
    from ecommerce_pipeline.load.run_ends import RunEnds

    return RunEnds(Path(get_dlt_pipelines_dir()), PIPELINE)


def _tell(begun: Sequence[Settings]) -> None:
    for settings in begun:
        from ecommerce_pipeline.alerts.run import alert
        from ecommerce_pipeline.report.alerted import print_alerted_after_load

        try:
            print_alerted_after_load(alert(settings, patience_seconds=0))
        except Exception as error:  # the load is what counts
            words = (
                str(error) if isinstance(error, PipelineError) else f"an unexpected {type(error).__name__}."
            )
            sys.stderr.write(f"warning: the alerts were not sent: {words}\n")
