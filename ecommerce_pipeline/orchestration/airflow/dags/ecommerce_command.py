"""A task that runs a command of the pipeline."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

PROJECT = Path(os.environ.get("ECOMMERCE_PROJECT") or Path(__file__).resolve().parents[4])
"""The folder of pipelines.py; named where this file was copied into another folder of DAGs."""

PYTHON = os.environ.get("ECOMMERCE_PYTHON") or str(PROJECT / ".venv" / "bin" / "python")
"""Of the environment that `make run` has made."""

FOR_A_PERSON = (2, 3)
"""Exit codes of a wrong setting, and of a load that does not account for every record: another try would end the same,
or hide it.
"""

BUSY = 4
"""The exit code where another run works in the folder: a backfill beside the schedule, or what Airflow has lost."""

BUSY_SECONDS, BUSY_TRIES = 30, 120


class Pipelines(BaseOperator):
    """`python pipelines.py <command>`, its output in the task's log.

    Args:
        command: with its options, as it is typed; a template.
    """

    template_fields = ("command",)

    def __init__(self, *, command: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.command = command
        self._hook = SubprocessHook()

    def execute(self, context: Context) -> None:
        """Run it to its end.

        Raises:
            AirflowFailException: a person has to mend something; it is not tried again.
            AirflowException: it failed, and may be tried again without harm.
        """
        self._end(shlex.split(self.command))

    def _end(self, command: list[str]) -> None:
        """Run it, after whoever works in the folder."""
        for _again in range(BUSY_TRIES):
            ended = self._hook.run_command(
                [PYTHON, "pipelines.py", *command], env=environment(), cwd=str(PROJECT)
            )
            if ended.exit_code != BUSY:
                break
            time.sleep(BUSY_SECONDS)
        if ended.exit_code in FOR_A_PERSON:
            raise AirflowFailException(ended.output)
        if ended.exit_code:
            raise AirflowException(f"exit code {ended.exit_code}; the log above tells why")

    def on_kill(self) -> None:
        """Stop the command; what it has committed stays, and the next one goes on from there."""
        self._hook.send_sigterm()


class Evaluation(Pipelines):
    """`alert`, which tells whether its run has failed, what a task could not say itself too, and then fails like it."""

    def execute(self, context: Context) -> None:
        """Look how the other tasks ended, and evaluate.

        Raises:
            AirflowFailException, AirflowException: see `Pipelines`; or another task of the run has failed: Airflow
                judges the run by this last task alone (`is_effective_leaf`, airflow/models/dagrun.py).
        """
        run = context["dag_run"]
        found = context["ti"].get_task_states(dag_id=run.dag_id, run_ids=[run.run_id])
        failed = [task for task, state in found.get(run.run_id, {}).items() if state == "failed"]
        said = (
            f"The run {run.run_id} of the DAG {run.dag_id} failed at {', '.join(failed)}." if failed else ""
        )
        of = ["--job", _days(context)] if run.run_type == "backfill" else ["--late", ""]
        self._end([*shlex.split(self.command), *of, "--failed", said])
        if failed:
            raise AirflowFailException(said)


def _days(context: Context) -> str:
    """The job of a backfill's run: that it went well says nothing of the runs by the hour, nor of other days."""
    return f"backfill of {context['data_interval_start']:%Y-%m-%dT%H:%M}"


def environment() -> dict[str, str]:
    """Ours without Airflow's secrets, and without what would have the pipeline take Airflow's packages."""
    hidden = ("AIRFLOW_", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
