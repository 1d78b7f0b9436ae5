"""Jobs of dlt's loader that fail before they begin.

A job runs in a thread that opens a connection first. Where that fails, dlt forgets why and waits for the job for ever
(`Load.w_run_job`, dlt/load/load.py in 1.26): a server that goes away at that moment would leave a run that never ends.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dlt.common.destination.client import RunnableLoadJob
from dlt.load import Load

BEGUN = ("ready", "running")
"""States of a job that has not ended."""


def fail_aloud() -> None:
    """Have such jobs fail like those that fail later: dlt tries them again, then gives up and says why."""
    if not hasattr(Load.w_run_job, "__wrapped_by_us__"):
        Load.w_run_job = staticmethod(_watched(Load.w_run_job))  # type: ignore[method-assign]


def _watched(run: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(run)
    def watched(loader: Any, job: RunnableLoadJob, *arguments: Any) -> None:
        try:
            run(loader, job, *arguments)
        except Exception as error:
            if job.state() not in BEGUN:
                raise
            job._exception = error
            job._state = "retry"

    watched.__wrapped_by_us__ = True  # type: ignore[attr-defined]
    return watched
