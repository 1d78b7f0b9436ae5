"""One evaluation: look, keep what has changed, tell those who do not know."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import dlt

from ecommerce_pipeline.alerts.channels import Channel, channels_of
from ecommerce_pipeline.alerts.evaluate import evaluate
from ecommerce_pipeline.alerts.event import Event, Finding, in_order
from ecommerce_pipeline.alerts.in_file import InFile
from ecommerce_pipeline.alerts.in_warehouse import InWarehouse
from ecommerce_pipeline.alerts.judge import changes
from ecommerce_pipeline.alerts.kinds import KINDS, Kind
from ecommerce_pipeline.alerts.message import Letter, letter
from ecommerce_pipeline.alerts.state import Nowhere, State, Store
from ecommerce_pipeline.alerts.work import failed_runs
from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.load.connection import asking, kept_open
from ecommerce_pipeline.load.destination import is_lake, open_destination, open_pipeline
from ecommerce_pipeline.load.failures import FailuresNamed
from ecommerce_pipeline.load.lock import only_run
from ecommerce_pipeline.load.patience import wait_until_free
from ecommerce_pipeline.load.run_ends import RunEnds
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks


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
) -> Alerted:
    """Evaluate, and tell each channel what it has not been told.

    Args:
        settings: name channels and limits.
        dry_run: send nothing, keep nothing.
        patience_seconds: how long to wait for a warehouse that is open elsewhere, if not as the settings say.
        clocks: the time.

    Raises:
        SettingError: an address or another setting is wrong; nothing was sent.
        AnotherRun: another evaluation is under way in this folder.
    """
    clocks = clocks or Clocks()
    channels = channels_of(settings)
    open_destination()
    pipeline = open_pipeline()
    if patience_seconds is None:
        patience_seconds = settings.destination_wait_seconds
    folder = Path(pipeline.pipelines_dir)
    with only_run(folder, f"{pipeline.pipeline_name}.alerts", clocks.now()), kept_open():
        evaluation = _Evaluation(pipeline, settings, channels, clocks, dry_run)
        try:
            with FailuresNamed():
                evaluation.look(patience_seconds)
        except DestinationFailed as error:
            evaluation.look_here(str(error))
        with FailuresNamed():
            return evaluation.tell()


class _Evaluation:
    """What one evaluation knows."""

    def __init__(
        self,
        pipeline: dlt.Pipeline,
        settings: Settings,
        channels: list[Channel],
        clocks: Clocks,
        dry_run: bool,
    ) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._channels = channels
        self._clocks = clocks
        self._dry_run = dry_run
        self._schema = f"{settings.models_schema}_alerts"
        folder, name = Path(pipeline.pipelines_dir), pipeline.pipeline_name
        self._ends = RunEnds(folder, name)
        self._file = InFile(folder / f"{name}.alerts.json")
        self._store: Store = self._file
        self._found: list[Finding] = []
        self._state = State()
        self._away = ""

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
        self._store = self._in_warehouse()
        self._state = self._store.load()
        now = self._clocks.now()
        self._found = [*failed_runs(self._ends), *evaluate(self._pipeline, self._schema, now)]

    def look_here(self, away: str) -> None:
        """Do without the warehouse: what is known in this folder alone is told too."""
        self._store, self._away = self._file, away
        self._state = self._file.load()
        self._found = failed_runs(self._ends)

    def _in_warehouse(self) -> InWarehouse:
        """The warehouse's state, what was kept in the file meanwhile taken in."""
        store, meanwhile = InWarehouse(self._pipeline), self._file.load()
        if meanwhile.events and not self._dry_run:
            known = store.load().events.keys()
            events = [event for name, event in meanwhile.events.items() if name not in known]
            names = {event.event_id for event in events}
            store.add(events, [message for message in meanwhile.messages if message.event_id in names])
            self._file.clear()
        return store

    def tell(self) -> Alerted:
        """Keep what has changed, then send: what a kill leaves unsent or unnoted is sent by the next evaluation."""
        now = self._clocks.now()
        changed = changes(self._found, self._state, [channel.channel_id for channel in self._channels], now)
        store = Nowhere() if self._dry_run else self._store
        store.add(changed.begun, changed.messages)
        store.close(changed.over, now)
        self._state.add(changed.begun, changed.messages)
        self._state.close(changed.over, now)
        alerted = self._alerted(changed.begun, changed.over)
        for channel in self._channels:
            self._tell(channel, store, alerted)
        if self._dry_run and not self._channels and self._state.open:
            alerted.letters.append(self._letter(self._state.open, []))
        return alerted

    def _alerted(self, begun: list[Event], over: list[str]) -> Alerted:
        events = [*self._state.open, *(self._state.events[name] for name in over)]
        judged = {finding.kind.name for finding in self._found}
        return Alerted(
            in_order(events),
            {event.event_id for event in begun},
            [kind for name, kind in KINDS.items() if name not in judged],
            self._away,
            len(self._channels),
        )

    def _tell(self, channel: Channel, store: Store, alerted: Alerted) -> None:
        waiting = self._state.waiting(channel.channel_id)
        if not waiting:
            return
        events = {item.event_id: self._state.events[item.event_id] for item in waiting}
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
        store.sent(waiting, self._clocks.now())

    def _letter(self, new: list[Event], over: list[Event]) -> Letter:
        return letter(new, over, _name(self._settings), self._schema)


def _name(settings: Settings) -> str:
    """The shop's, and the workspace's profile where one is chosen, so that one pipeline is told from another."""
    return " ".join(filter(None, (Path(settings.shop).stem, os.environ.get("WORKSPACE__PROFILE"))))
