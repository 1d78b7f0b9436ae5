"""One build: the models that the new rows concern, and their tests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt

from ecommerce_pipeline.load.alone import alone
from ecommerce_pipeline.load.connection import asking, kept_open
from ecommerce_pipeline.load.covered import FAILED_MODELS, MODELS, Covered
from ecommerce_pipeline.load.destination import destination_type, open_destination, open_pipeline
from ecommerce_pipeline.load.notes import Notes
from ecommerce_pipeline.load.patience import wait_until_free
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.source.run_id import new_run_id
from ecommerce_pipeline.transform.changes import (
    BUILDS,
    changed_sources,
    definition,
    last_build,
    loaded,
)
from ecommerce_pipeline.transform.child import Dbt, Node, Told
from ecommerce_pipeline.transform.columns import columns_of
from ecommerce_pipeline.transform.environment import dbt_command
from ecommerce_pipeline.transform.profile import OF_KIND
from ecommerce_pipeline.transform.profile import variables as of_the_profile

LAST_BUILT = "ledger_differences"
"""A model that stands where all others do: nothing is built on it, and it is built on the longest chain."""


@dataclass(frozen=True)
class Built:
    """What a build did.

    Attributes:
        sources: whose models were built; None for all, empty where nothing was to do.
        nodes: models, snapshots and tests, in the order of the build.
        seconds: how long it took.
        still_failing: whether nothing was done because nothing has come since a build that failed.
    """

    sources: tuple[str, ...] | None
    nodes: tuple[Node, ...] = ()
    seconds: float = 0.0
    still_failing: bool = False

    @property
    def failed(self) -> list[Node]:
        """What did not go well, what was skipped because of it left out."""
        return [node for node in self.nodes if not node.well and node.status != "skipped"]

    @property
    def counts(self) -> Counter[str]:
        """How many of each kind went well."""
        return Counter(node.kind for node in self.nodes if node.well)


def has_models(settings: Settings) -> bool:
    """Whether models are built of what is loaded: a person may not want them, and a lake or a warehouse that dbt is not
    told of has none.
    """
    return settings.transform and destination_type() in OF_KIND


def require_dbt(settings: Settings) -> None:
    """Refuse before anything is loaded, where models are to be built afterwards.

    Raises:
        SettingError: there is no dbt for the warehouse.
    """
    if has_models(settings):
        dbt_command(settings)


def build(
    settings: Settings,
    everything: bool = False,
    clocks: Clocks | None = None,
    told: Told = lambda what: None,
) -> Built:
    """Build the models of what has changed since the last build.

    Args:
        settings: where, and what models are told.
        everything: build all of them, incremental ones from the beginning.
        clocks: time.
        told: gets what is being done.

    Raises:
        SettingError: there is no dbt for the warehouse, or it cannot be opened.
        DestinationFailed: the warehouse is open elsewhere or away.
        ModelsFailed: dbt ended before the first model.
    """
    with _begun(settings, clocks or Clocks()) as begun:
        return begun.run(everything, told)


def build_new(settings: Settings, clocks: Clocks | None = None, told: Told = lambda what: None) -> Built:
    """The same after a load: where this folder has loaded nothing since its last build, nothing is asked.

    Raises:
        SettingError, DestinationFailed, ModelsFailed: see `build`.
    """
    with _begun(settings, clocks or Clocks()) as begun:
        if begun.failed_already:
            return Built((), still_failing=True)
        return Built(()) if begun.is_covered else begun.run(False, told)


@contextmanager
def _begun(settings: Settings, clocks: Clocks) -> Iterator[_Build]:
    """What a build needs, the working folder held."""
    command = dbt_command(settings)
    open_destination()
    with alone(clocks.now()):
        yield _Build(open_pipeline(), settings, command, clocks)


def working_folder(pipeline: dlt.Pipeline) -> Path:
    """Where dbt keeps what it parsed, its results and its logs."""
    return Path(pipeline.pipelines_dir) / f"{pipeline.pipeline_name}.models"


def told_to_models(settings: Settings) -> dict[str, float]:
    """The variables of the dbt project that are settings of ours."""
    return {
        "service_level_days": settings.service_level_days,
        "rejected_share_limit": settings.rejected_share_limit,
        "stale_after_hours": settings.stale_after_hours,
    }


class _Build:
    """What one build needs."""

    def __init__(self, pipeline: dlt.Pipeline, settings: Settings, command: Path, clocks: Clocks) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._clocks = clocks
        self._told_to_models = told_to_models(settings)
        target = of_the_profile(pipeline, settings)
        self._definition = definition(self._told_to_models, target)
        self._dbt = Dbt(command, working_folder(pipeline), target)
        self._covered, self._failed = Covered(pipeline, MODELS), Covered(pipeline, FAILED_MODELS)

    @property
    def is_covered(self) -> bool:
        """Whether the models are built of all that this folder has loaded."""
        return self._covered.says(self._definition)

    @property
    def failed_already(self) -> bool:
        """Whether a build of all that this folder has loaded has failed: it would fail again, at the same cost."""
        return self._failed.says(self._definition)

    def run(self, everything: bool, told: Told) -> Built:
        """Build what has changed, or everything."""
        wait_until_free(self._pipeline, self._settings.destination_wait_seconds, self._clocks.sleep)
        with kept_open():
            until = loaded(self._pipeline)
            last = None if everything or not self._stand() else last_build(self._pipeline)
            sources = changed_sources(self._pipeline, last, self._definition, until)
        if sources == []:
            self._covered.write(self._definition)
            return Built(())
        return self._built(sources, everything, until._asdict(), told)

    def _stand(self) -> bool:
        """Whether the models are there; somebody may have dropped them."""
        with asking(self._pipeline) as client:
            return bool(columns_of(client, self._settings.models_schema, LAST_BUILT))

    def _built(self, sources: list[str] | None, everything: bool, until: dict[str, Any], told: Told) -> Built:
        started_at = self._clocks.now()
        selected = [] if sources is None else ["--select", *(f"source:ecommerce.{name}+" for name in sources)]
        refresh = ["--full-refresh"] if everything else []
        variables = ["--vars", json.dumps(self._told_to_models)]
        nodes = self._dbt.run(["build", *selected, *refresh, *variables], told)
        finished_at = self._clocks.now()
        built = Built(
            None if sources is None else tuple(sources),
            tuple(nodes),
            (finished_at - started_at).total_seconds(),
        )
        row = {
            "build_id": new_run_id(started_at),
            "state": "failed" if built.failed else "built",
            "started_at": started_at,
            "finished_at": finished_at,
            "definition": self._definition,
            **until,
            "selected": _joined(sources),
            "models": built.counts["models"] + built.counts["snapshots"],
            "tests": built.counts["tests"],
            "failed": ", ".join(node.name for node in built.failed),
        }
        Notes(self._pipeline, BUILDS).add([row])
        (self._failed if built.failed else self._covered).write(self._definition)
        (self._covered if built.failed else self._failed).forget()
        return built


def _joined(sources: Sequence[str] | None) -> str:
    return "everything" if sources is None else ", ".join(sources)
