"""What the warehouse has committed is the truth; the local state may only lead on from it.

dlt takes the state with the higher version. After a backup of the warehouse was put back, or its file was
deleted while fetched data waits, that is the local one, whose cursor is past rows that the warehouse
does not have.
"""

from __future__ import annotations

import logging
from pathlib import Path

import dlt
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.pipeline.state_sync import load_pipeline_state_from_destination

logger = logging.getLogger(__name__)

NOTHING = "nothing"


def start_from_committed(pipeline: dlt.Pipeline) -> None:
    """Drop the local state, and fetched data that waits, unless they lead on from what is committed."""
    committed = _committed(pipeline)
    lineage = Lineage(pipeline)
    if pipeline.has_pending_data:
        follows = committed in lineage.states() and not _unsafe(pipeline)
    else:
        # A first load that failed for good leaves a cursor behind, and nothing in the warehouse.
        follows = committed == _local(pipeline) and not (
            committed == NOTHING and pipeline.default_schema_name
        )
    if follows:
        return
    logger.warning(
        "the warehouse is not in the state that this folder remembers; the warehouse counts, and what it lacks"
        " is read again"
    )
    pipeline.drop()


def _unsafe(pipeline: dlt.Pipeline) -> bool:
    """Whether waiting packages may not be loaded: a kill left no schema for them, or their load had begun.

    dlt does not empty its staging tables when it goes on with a package, and rows that a job had copied
    already would come twice. To read them again is always safe.
    """
    if not pipeline.default_schema_name:
        return True
    packages = map(pipeline.get_load_package_info, pipeline.list_normalized_load_packages())
    return any(jobs for package in packages for state, jobs in package.jobs.items() if state != "new_jobs")


class Lineage:
    """The states that fetched packages lead on from: the one committed before, and one for each package."""

    def __init__(self, pipeline: dlt.Pipeline) -> None:
        self._pipeline = pipeline
        self._path = Path(pipeline.working_dir) / "lineage.txt"

    def begin(self) -> None:
        """The local state is the committed one; packages are fetched next."""
        self._path.write_text(f"{_local(self._pipeline)}\n", "utf-8")

    def extend(self) -> None:
        """A package with the present local state has been fetched."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{_local(self._pipeline)}\n")

    def states(self) -> list[str]:
        """The hashes of the states, oldest first."""
        return self._path.read_text("utf-8").split() if self._path.exists() else []


def _committed(pipeline: dlt.Pipeline) -> str:
    """The hash of the newest state in the warehouse."""
    with pipeline.destination_client() as client:
        if not isinstance(client, WithStateSync):
            return _local(pipeline)
        try:
            state = load_pipeline_state_from_destination(pipeline.pipeline_name, client)
        except DestinationUndefinedEntity:
            return NOTHING
    return str(state["_version_hash"]) if state else NOTHING


def _local(pipeline: dlt.Pipeline) -> str:
    """The hash of the local state, where anything was ever loaded from here."""
    return NOTHING if pipeline.first_run else str(pipeline.state["_version_hash"])
