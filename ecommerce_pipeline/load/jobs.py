"""Jobs of dlt's loader that fail before they begin.

A job runs in a thread that opens a connection first. Where that fails, dlt forgets why and waits for the job for ever
(`Load.w_run_job`, dlt/load/load.py in 1.26): a server that goes away at that moment would leave a run that never ends.
"""

from __future__ import annotations

from typing import Any

from dlt.common.destination.client import RunnableLoadJob
from dlt.load import Load

BEGUN = ("ready", "running")
"""States of a job that has not ended."""

_run = Load.w_run_job


def fail_aloud() -> None:
    """Have such jobs fail like those that fail later: dlt tries them again, then gives up and says why."""
    Load.w_run_job = staticmethod(_watched)  # type: ignore[method-assign, assignment]


def _watched(loader: Any, job: RunnableLoadJob, *arguments: Any) -> None:
    try:
        _run(loader, job, *arguments)
    except Exception as error:
        if job.state() not in BEGUN:
            raise
        job._exception = error
        job._state = "retry"
