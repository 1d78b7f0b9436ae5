"""What the deadline of a run does: those who are told of failures are told that it is late."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from ecommerce_command import PROJECT, PYTHON, environment

ENDED = ("success", "failed")

logger = logging.getLogger(__name__)


async def tell(context: dict[str, Any] | None = None, **_: Any) -> None:
    """Evaluate the alerts, the late run among them.

    Airflow calls for runs that have ended too, of which their own last task tells, and for those of a backfill,
    which wait for each other.

    Args:
        context: of the deadline, as Airflow gives it.

    Raises:
        RuntimeError: a channel could not be told; what is waiting is told by the next evaluation.
    """
    run = (context or {}).get("dag_run") or {}
    if run.get("state") in ENDED or run.get("run_type") == "backfill":
        return
    late = f"The run {run.get('dag_run_id', 'of an unknown id')} of the DAG ecommerce has not ended in time."
    logger.warning(late)
    child = await asyncio.create_subprocess_exec(
        *(PYTHON, "pipelines.py", "alert", "--late", late),
        cwd=PROJECT,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _nothing = await child.communicate()
    logger.info("%s", said.decode("utf-8", "replace"))
    if child.returncode:
        raise RuntimeError(f"`alert` ended with exit code {child.returncode}; the log above tells why")
