"""Alerts at the end of a load, whatever became of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ecommerce_pipeline.errors import AnotherRun, SettingError


@contextmanager
def told_afterwards() -> Iterator[Callable[[], list[str]]]:
    """Note how the load inside the block ends, and tell the channels, if there are any. What goes wrong with that is a
    warning: it changes nothing about the load. Yields what to call when all settings are
    right and the load begins; it gives a list for what is wrong with a load that does not raise.
    """
    from dlt.common.pipeline import get_dlt_pipelines_dir

    from ecommerce_pipeline.load.destination import PIPELINE
    from ecommerce_pipeline.load.run_ends import RunEnds

    try:
        with ExitStack() as noting:
            ends = RunEnds(Path(get_dlt_pipelines_dir()), PIPELINE)
            yield lambda: noting.enter_context(ends.watching())
    except (
        SettingError,
        AnotherRun,
    ):  # nothing was written; whoever has set it sees it, and the other run tells
        raise
    except Exception:
        _tell()
        raise
    _tell()


def _tell() -> None:
    from ecommerce_pipeline.report.alerted import print_alerted_after_load
    from ecommerce_pipeline.settings import load_settings

    try:
        settings = load_settings()
        if settings.alert_channels:
            from ecommerce_pipeline.alerts.run import alert

            print_alerted_after_load(alert(settings, patience_seconds=0))
    except Exception as error:  # the load is what counts
        words = str(error) if hasattr(error, "exit_code") else f"an unexpected {type(error).__name__}."
        sys.stderr.write(f"warning: the alerts were not sent: {words}\n")
