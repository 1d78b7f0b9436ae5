"""All that one run needs to read a shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from ecommerce_pipeline.records.masking import Masker
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import ShopClient
from ecommerce_pipeline.shop.crew import Crew
from ecommerce_pipeline.shop.instants import CursorInstants
from ecommerce_pipeline.shop.profile import ShopProfile
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.account import ResourceAccount
from ecommerce_pipeline.source.archive import Keeper, NoArchive
from ecommerce_pipeline.source.quarantine import Quarantine
from ecommerce_pipeline.source.repeats import Lookup
from ecommerce_pipeline.source.step import Step
from ecommerce_pipeline.source.tombstones import BareTombstones

LakeTables = Literal["parquet", "delta"]
"""Files to which each version of a row is added, or tables that merge by key."""

if TYPE_CHECKING:
    from ecommerce_pipeline.source.cursor import LosslessCursor


class Reader(Protocol):
    """Reads one list, step by step.

    Attributes:
        finished: whether it is at its end.
    """

    finished: bool

    def step(self) -> Iterator[list[dict[str, Any]] | None]:
        """New rows, page by page, until the list ends or the step is full; None to let other lists go first."""

    def keep_position(self, cursor: LosslessCursor, state: dict[str, Any]) -> None:
        """Move the cursor as far as the list is complete."""


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass
class Reading:
    """A run as its resources see it; one per run.

    Attributes:
        window: a bounded re-read that leaves the cursor alone; None for what changed since the last run.
        shop_clock: the shop's clock at the start of the run, UTC.
        maskers: by resource, takes the persons out of its rows.
        lookups: by resource, asks the warehouse for the versions of some keys.
        refusals: asks the quarantine which of some ids of refused records it has.
        swept: by resource, the `identity` of rows that a sweep has marked as deleted and that may come again.
        tombstones: those of nothing but a key that came in the present step.
        existing_tables: tables that the warehouse has already.
        lake: of what kind the tables of a lake are; None for a warehouse.
        layout: by table and column, dlt's hints on how rows are kept together in the warehouse.
        one_connection: inside it, all questions to the warehouse go over one connection.
        made: resources whose table this run makes though no row may come.
        waiting: accounts of earlier runs that sent nothing.
        accounted: whether a load package has the account of this run.
        readers: the lists of which a step was read, by resource.
        reading_now: the lists that go on in the present step.
        crew: the threads that read ahead.
    """

    profile: ShopProfile
    settings: Settings
    client: ShopClient
    run_id: str
    started_at: datetime
    shop_clock: datetime
    resources: tuple[str, ...]
    window: Window | None = None
    archive: Keeper = field(default_factory=NoArchive)
    maskers: Mapping[str, Masker] = field(default_factory=dict)
    lookups: dict[str, Lookup] = field(default_factory=dict)
    existing_tables: frozenset[str] = frozenset()
    lake: LakeTables | None = None
    layout: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    one_connection: Callable[[], AbstractContextManager[None]] = nullcontext
    refusals: Callable[[Sequence[str]], set[str]] = lambda rejected_ids: set()
    swept: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tombstones: BareTombstones = field(default_factory=dict)
    accounts: dict[str, ResourceAccount] = field(default_factory=dict)
    quarantine: Quarantine = field(default_factory=Quarantine)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    accounted: bool = False
    readers: dict[str, Reader] = field(default_factory=dict)
    reading_now: set[str] = field(default_factory=set)
    step: Step = field(init=False)
    crew: Crew = field(init=False)

    def __post_init__(self) -> None:
        self.crew = Crew(self.client.connections, self.client.abort)
        self.accounts.update({name: ResourceAccount(name) for name in self.resources})
        self.begin_step(())

    def begin_step(self, names: Iterable[str]) -> None:
        """What is read from now on belongs to the next load package.

        Args:
            names: the lists to go on with.
        """
        settings = self.settings
        self.step = Step(
            settings.checkpoint_rows,
            settings.checkpoint_bytes,
            settings.checkpoint_seconds,
            self.client.clocks.monotonic,
        )
        self.reading_now = set(names)

    @property
    def unfinished(self) -> list[str]:
        """The lists that are not read to their end."""
        return [name for name in self.listed if name not in self.readers or not self.readers[name].finished]

    @property
    def shop(self) -> str:
        """The shop's name and address; on this machine without the port, which the demo shop changes."""
        parts = urlsplit(self.settings.shop_base_url or self.profile.base_url)
        port = f":{parts.port}" if parts.port and parts.hostname not in LOOPBACK else ""
        return f"{self.profile.name} at {parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"

    @property
    def listed(self) -> list[str]:
        """The resources that have a list of their own in the shop."""
        declared = self.profile.resources
        return [name for name in self.resources if name in declared and declared[name].path]

    def table(self, name: str) -> str:
        """The table of a resource: rows that come inside their parent's land beside it."""
        declared = self.profile.resources.get(name)
        return f"{declared.embedded_in}__{name}" if declared and declared.embedded_in else name

    def ceiling(self, name: str) -> datetime:
        """The instant that the cursor of a resource may not pass in this run, UTC."""
        lag = self.settings.safety_lag_seconds
        lag = self.profile.resources[name].cursor.lag_seconds if lag is None else lag
        ceiling = self.shop_clock - timedelta(seconds=lag)
        return CursorInstants(self.profile.resources[name].cursor).unrepeated(ceiling)

    @property
    def changed(self) -> bool:
        """Whether anything came that the warehouse does not have."""
        return any(account.changed for account in self.accounts.values())
