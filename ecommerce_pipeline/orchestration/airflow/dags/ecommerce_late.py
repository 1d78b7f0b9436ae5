"""What the deadline of a run does: those who are told of failures are told that it is late."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from ecommerce_command import PROJECT, PYTHON, environment

logger = logging.getLogger(__name__)


async def tell(context: dict[str, Any] | None = None, **_: Any) -> None:
    """Evaluate the alerts, the late run among them.

    Args:
        context: of the deadline, as Airflow gives it.
    """
    run = ((context or {}).get("dag_run") or {}).get("dag_run_id", "of an unknown id")
    late = f"The run {run} of the DAG ecommerce has not ended in time."
    logger.warning(late)
    child = await asyncio.create_subprocess_exec(
        PYTHON, "pipelines.py", "alert", "--late", late,
        cwd=PROJECT, env=environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _nothing = await child.communicate()
    logger.info("%s", said.decode("utf-8", "replace"))
