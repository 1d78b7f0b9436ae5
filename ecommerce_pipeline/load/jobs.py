"""Jobs of dlt's loader that fail before they begin, and those that need not be tried again as they are.

A job runs in a thread that opens a connection first. Where that fails, dlt forgets why and waits for the job for ever
(`Load.w_run_job`, dlt/load/load.py in 1.26): a server that goes away at that moment would leave a run that never ends.
One that lacks memory would lack it four times more (`Load.complete_jobs`).
"""

from __future__ import annotations

from typing import Any

from dlt.common.destination.client import RunnableLoadJob
from dlt.common.runners.runnable import workermethod
from dlt.load import Load

from ecommerce_pipeline.load.duckdb_bounds import lacks_memory

BEGUN = ("ready", "running")
"""States of a job that has not ended."""

_run = Load.w_run_job


def fail_aloud() -> None:
    """Have the first fail like those that fail later: dlt tries them again, then gives up and says why. The others end
    the load at once; what is loaded stays so.
    """
    Load.w_run_job = staticmethod(_watched)  # type: ignore[method-assign, assignment]


@workermethod
def _watched(loader: Load, job: RunnableLoadJob, *arguments: Any) -> None:
    try:
        _run(loader, job, *arguments)
    except Exception as error:
        if job.state() not in BEGUN:
            raise
        job._exception = error
        job._state = "retry"
    if lacks_memory(job._exception):
        loader.config.raise_on_max_retries = 1
