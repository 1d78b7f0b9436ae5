"""Where one evaluation keeps what it finds: in the warehouse, and what it needs without one in a file of the folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import dlt

from ecommerce_pipeline.alerts.event import Event, Finding
from ecommerce_pipeline.alerts.in_file import InFile
from ecommerce_pipeline.alerts.in_warehouse import InWarehouse
from ecommerce_pipeline.alerts.judge import Changes, changes
from ecommerce_pipeline.alerts.meanwhile import meanwhile
from ecommerce_pipeline.alerts.state import Message, State
from ecommerce_pipeline.load.destination import destination_type, is_lake

ASLEEP = ("snowflake",)
"""Warehouses that sleep while nobody asks, and cost when they are woken."""

RESTS_FOR = timedelta(hours=6)


class Keeping:
    """The state of one evaluation.

    The file has the events of this folder's loads too, so that they are told once though the warehouse comes and goes.

    Args:
        pipeline: knows the warehouse.
        loads: how the loads of this folder are called.
        dry_run: keep nothing.
    """

    def __init__(self, pipeline: dlt.Pipeline, loads: str, dry_run: bool) -> None:
        self._pipeline = pipeline
        self._loads = loads
        self._dry_run = dry_run
        self._file = InFile(Path(pipeline.pipelines_dir) / f"{pipeline.pipeline_name}.alerts.json")
        self._warehouse: InWarehouse | None = None
        self._unnoted: list[tuple[list[Message], datetime]] = []
        self.state = State()

    def in_warehouse(self) -> None:
        """Take up the warehouse's state, and bring to it what was kept in the file."""
        store, noted = InWarehouse(self._pipeline), self._file.load()
        self.state = store.load()
        news = meanwhile(noted, self.state, store.having(list(noted.events)))
        if not self._dry_run:
            news.bring(store)
        news.bring(self.state)
        self._warehouse = store

    def here(self) -> None:
        """Take up the file's state alone."""
        self._warehouse = None
        if is_lake() and not self._dry_run:
            self._file.forget_told()
        self.state = self._file.load()

    def rests(self, found: Sequence[Finding], channels: Sequence[str], now: datetime) -> bool:
        """Whether the warehouse need not be woken: it was asked a few hours ago, nobody waits for anything, and of this
        folder's loads there is no news.
        """
        asked_at, noted = self._file.asked_at, self._file.load()
        if destination_type() not in ASLEEP or asked_at is None or now - asked_at > RESTS_FOR:
            return False
        news = changes(found, noted, channels, now)
        waits = any(message.sent_at is None for message in noted.messages)
        return not (news.begun or news.over or news.messages or waits)

    def keep(self, changed: Changes, now: datetime) -> None:
        """Keep what has changed, before anybody is told."""
        if not self._dry_run:
            store = self._warehouse or self._file
            store.add(changed.begun, changed.messages)
            store.close(changed.over, now)
        self.state.add(changed.begun, changed.messages)
        self.state.close(changed.over, now)
        self._copy(None)

    def told(self, messages: list[Message], at: datetime) -> None:
        """Keep that a channel was told: here at once, in the warehouse with `note`."""
        names = dict.fromkeys(message.event_id for message in messages)
        self._file.told([self.state.events[name] for name in names], messages, at)
        self.state.sent(messages, at)
        self._unnoted.append((messages, at))

    @property
    def unnoted(self) -> bool:
        """Whether the warehouse does not know yet who was told."""
        return self._warehouse is not None and bool(self._unnoted)

    def note(self) -> None:
        """Keep in the warehouse who was told; where it cannot, the next evaluation does."""
        if self._warehouse:
            for messages, at in self._unnoted:
                self._warehouse.sent(messages, at)
            self._unnoted.clear()

    def end(self, asked_at: datetime | None) -> None:
        """Keep in the file what is needed without the warehouse.

        Args:
            asked_at: when the warehouse was asked, if nothing is left to be told, UTC.
        """
        if not self._unnoted:
            self._copy(asked_at)

    def _copy(self, asked_at: datetime | None) -> None:
        if self._warehouse is None or self._dry_run:
            return
        mine = {name: event for name, event in self.state.events.items() if self._is_mine(event)}
        messages = [message for message in self.state.messages if message.event_id in mine]
        self._file.hold(State(mine, messages), asked_at)

    def _is_mine(self, event: Event) -> bool:
        return self._loads in event.members
