"""One evaluation: look, keep what has changed, tell those who do not know."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dlt

from ecommerce_pipeline.alerts.channels import Channel, channels_of
from ecommerce_pipeline.alerts.evaluate import evaluate
from ecommerce_pipeline.alerts.event import Event, Finding, in_order
from ecommerce_pipeline.alerts.judge import Changes, changes
from ecommerce_pipeline.alerts.keeping import Keeping
from ecommerce_pipeline.alerts.kinds import KINDS, RUN_TROUBLE, Kind
from ecommerce_pipeline.alerts.message import Letter, letter
from ecommerce_pipeline.alerts.place import loads_of
from ecommerce_pipeline.alerts.work import Trouble, failed_runs, troubled_runs
from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.load.connection import asking, kept_open
from ecommerce_pipeline.load.destination import is_lake, open_destination, open_pipeline
from ecommerce_pipeline.load.failures import FailuresNamed
from ecommerce_pipeline.load.lock import only_run
from ecommerce_pipeline.load.patience import wait_until_free
from ecommerce_pipeline.load.run_ends import RunEnds
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks

logger = logging.getLogger(__name__)


@dataclass
class Alerted:
    """What an evaluation found, and who was told.

    Attributes:
        events: what is open, and what has just ended, the most pressing first.
        new: ids of those that were not known before.
        unjudged: kinds that nothing is known of.
        away: why the warehouse could not be asked; empty where it was.
        channels: how many there are.
        sent: names of the channels that were told something.
        failed: why a channel could not be told, by its name.
        letters: what was sent, or would be; the same for several channels stands there once.
    """

    events: list[Event]
    new: set[str]
    unjudged: list[Kind]
    away: str
    channels: int
    sent: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)


def alert(
    settings: Settings,
    dry_run: bool = False,
    patience_seconds: float | None = None,
    clocks: Clocks | None = None,
    idle: bool = False,
    troubles: Sequence[Trouble] = (),
) -> Alerted:
    """Evaluate, and tell each channel what it has not been told.

    Args:
        settings: name channels and limits.
        dry_run: send nothing, keep nothing.
        patience_seconds: how long to wait for a warehouse that is open elsewhere, if not as the settings say.
        clocks: the time.
        idle: whether the load before has brought nothing, so that a warehouse that sleeps is asked now and then only.
        troubles: what a scheduler has to say of its runs, job by job.

    Raises:
        SettingError: an address or another setting is wrong; nothing was sent.
        AnotherRun: another evaluation is under way in this folder.
    """
    clocks, channels = clocks or Clocks(), channels_of(settings)
    open_destination()
    pipeline = open_pipeline()
    patience = settings.destination_wait_seconds if patience_seconds is None else patience_seconds
    with only_run(Path(pipeline.pipelines_dir), f"{pipeline.pipeline_name}.alerts", clocks.now()):
        evaluation = _Evaluation(pipeline, settings, channels, clocks, dry_run, troubles)
        if idle and evaluation.rests():
            return Alerted([], set(), [], "", len(channels))
        try:
            with FailuresNamed(), kept_open():
                evaluation.look(patience)
                evaluation.keep()
        except DestinationFailed as error:
            with FailuresNamed():
                evaluation.look_here(str(error))
                evaluation.keep()
        with FailuresNamed():
            return evaluation.tell(patience)


class _Evaluation:
    """What one evaluation knows."""

    def __init__(
        self,
        pipeline: dlt.Pipeline,
        settings: Settings,
        channels: list[Channel],
        clocks: Clocks,
        dry_run: bool,
        troubles: Sequence[Trouble],
    ) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._channels = channels
        self._clocks = clocks
        self._dry_run = dry_run
        self._schema = f"{settings.models_schema}_alerts"
        folder = Path(pipeline.pipelines_dir)
        self._loads = loads_of(folder)
        self._runs = [
            *failed_runs(RunEnds(folder, pipeline.pipeline_name), self._loads),
            *(troubled_runs(trouble, self._loads, clocks.now()) for trouble in troubles),
        ]
        self._keeping = Keeping(pipeline, self._loads, dry_run)
        self._found: list[Finding] = []
        self._changed = Changes([], [], [])
        self._away = ""

    def rests(self) -> bool:
        """Whether there is no news of loads, and the warehouse may sleep on."""
        return self._keeping.rests(self._runs, self._receivers, self._clocks.now())

    def look(self, patience_seconds: float) -> None:
        """Ask the warehouse, where there is one that can keep what is found."""
        if is_lake():
            self.look_here("")
            return
        wait_until_free(self._pipeline, patience_seconds, self._clocks.sleep)
        with asking(self._pipeline) as client:
            loaded = client.has_dataset()
        if not loaded:
            self.look_here("")
            return
        self._keeping.in_warehouse()
        hours, now = self._settings.stale_after_hours, self._clocks.now()
        self._found = [*self._runs, *evaluate(self._pipeline, self._schema, hours, now)]

    def look_here(self, away: str) -> None:
        """Do without the warehouse: what is known in this folder alone is told too."""
        self._keeping.here()
        self._found, self._away = self._runs, away

    def keep(self) -> None:
        """Keep what has changed: a kill from now on leaves nothing untold."""
        now = self._clocks.now()
        self._changed = changes(self._found, self._keeping.state, self._receivers, now)
        self._keeping.keep(self._changed, now)

    def tell(self, patience_seconds: float) -> Alerted:
        """Send what waits, while no warehouse is held open, and note it: what a kill leaves unnoted is sent by the next
        evaluation.
        """
        alerted, asked_at = self._alerted(), self._clocks.now()
        for channel in self._channels:
            self._tell(channel, alerted)
        if self._dry_run and not self._channels and self._keeping.state.open:
            alerted.letters.append(self._letter(self._keeping.state.open, []))
        if self._keeping.unnoted:
            self._note(patience_seconds)
        self._keeping.end(None if alerted.failed else asked_at)
        return alerted

    def _note(self, patience_seconds: float) -> None:
        try:
            with FailuresNamed(), kept_open():
                wait_until_free(self._pipeline, patience_seconds, self._clocks.sleep)
                self._keeping.note()
        except DestinationFailed as error:
            logger.warning("who was told is kept in the folder until the next evaluation: %s", error)

    @property
    def _receivers(self) -> list[str]:
        return [channel.channel_id for channel in self._channels]

    def _alerted(self) -> Alerted:
        state = self._keeping.state
        events = [*state.open, *(state.events[name] for name in self._changed.over)]
        # A scheduler that says nothing has nothing to say.
        judged = {RUN_TROUBLE.name, *(finding.kind.name for finding in self._found)}
        return Alerted(
            in_order(events),
            {event.event_id for event in self._changed.begun},
            [kind for name, kind in KINDS.items() if name not in judged],
            self._away,
            len(self._channels),
        )

    def _tell(self, channel: Channel, alerted: Alerted) -> None:
        waiting = self._keeping.state.waiting(channel.channel_id)
        if not waiting:
            return
        events = {item.event_id: self._keeping.state.events[item.event_id] for item in waiting}
        written = self._letter(
            [event for event in events.values() if event.closed_at is None],
            [event for event in events.values() if event.closed_at is not None],
        )
        if written not in alerted.letters:
            alerted.letters.append(written)
        if self._dry_run:
            return
        if why := channel.send(written):
            alerted.failed[channel.name] = why
            return
        alerted.sent.append(channel.name)
        self._keeping.told(waiting, self._clocks.now())

    def _letter(self, new: list[Event], over: list[Event]) -> Letter:
        return letter(new, over, _name(self._settings), self._schema)


def _name(settings: Settings) -> str:
    """The shop's, and the workspace's profile where one is chosen, so that one pipeline is told from another."""
    return " ".join(filter(None, (Path(settings.shop).stem, os.environ.get("WORKSPACE__PROFILE"))))
