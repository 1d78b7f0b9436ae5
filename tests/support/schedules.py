"""What may happen to a pipeline between two looks at its warehouse, one step after the other."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ecommerce_pipeline.checks.sweep import sweep
from ecommerce_pipeline.checks.verify import verify_and_repair
from ecommerce_pipeline.demo import DemoShop, ShopOptions
from ecommerce_pipeline.demo.faults import VISIBLE, Faults
from ecommerce_pipeline.errors import RunFailed, SettingError
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import run
from ecommerce_pipeline.replay.run import replay_archive, replay_rejected
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.shop.window import Window
from tests.support.checked import counts, wrongly_live
from tests.support.disk import SmallDisk
from tests.support.processes import in_a_process
from tests.support.truth import RESOURCES, differences
from tests.support.warehouse import Warehouse

SIZES = {"customers": 25, "products": 12, "orders": 45}
STEP_ROWS = 120

RUN_FAILED = ("ShopUnreachable", "ShopRefused", "ContractBroken", "DestinationFailed", "RunFailed")

SHOPS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {}),
    ({"paging": "offset", "sort": "id"}, {"cursor": {"until_param": None}}),
    ({"paging": "cursor", "sort": "-updated_at", "precision": "millisecond"}, {}),
    ({"tombstones": True, "precision": "second"}, {"tombstone": "deleted_at"}),
    (
        {"paging": "header_link", "totals": False},
        {"paging": {"total_path": None}, "cursor": {"since_param": None, "until_param": None}},
    ),
)
"""Options of a demo shop and what its profile says otherwise."""

Step = tuple[str, int]


class Life:
    """A shop and its pipeline, to which things happen.

    Args:
        folder: of the pipeline, on the small disk.
        disk: can be filled.
        shop: one of `SHOPS`.
        seed: of the shop and of all chance.
        monkeypatch: for the pipeline's environment.
    """

    def __init__(
        self, folder: Path, disk: SmallDisk, shop: int, seed: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options, self._changes = SHOPS[shop]
        self.shop = DemoShop(ShopOptions(seed=seed, sizes=SIZES, page_size=20, stall_seconds=0.3, **options))
        folder.mkdir()
        self.warehouse = Warehouse(folder, self.shop, monkeypatch)
        self.figures: Counter[str] = Counter()
        self._profile = self.warehouse.profile(page_size=20, **self._changes)
        self._disk = disk
        self._chance = Random(seed)
        self._jump = timedelta()

    def through(self, steps: list[Step]) -> list[str]:
        """Everything that happens; returns what is wrong after one more undisturbed run and sweep."""
        self.shop.start()
        try:
            for name, number in steps:
                action: Callable[[int], None] = getattr(self, name)
                action(number)
            self._jump = timedelta()
            self.shop.change(faults=Faults(), writes_per_request=0)
            self.contract(0)
            run(Request(), self._settings())
            replay_rejected(Request(), self._settings())
            sweep(Request(), self._settings())
            wrong = differences(self.shop, self.warehouse.database) + wrongly_live(self.shop, self.warehouse)
            verdict = verify_and_repair(Request(), self._settings())
            wrong += [f"verify: {table} {kinds}" for table, kinds in counts(verdict).items()]
        finally:
            self.shop.stop()
        self.figures["faults suffered"] += sum(asked.fault is not None for asked in self.shop.requests)
        self.figures["requests answered"] += len(self.shop.requests)
        self.figures["changes of the contract"] -= 1  # the last one mends it in any case
        self.figures["rows or elements lost, stale, doubled or wrongly live in the end"] += len(wrong)
        return wrong

    def write(self, number: int) -> None:
        """Ordinary writes, deletions among them."""
        for _ in range(number):
            self.shop.touch_random(self._chance)
        self.figures["writes"] += number

    def faults(self, percent: int) -> None:
        """From now on so many requests of a hundred suffer."""
        rates = dict.fromkeys(VISIBLE, percent / 100 / len(VISIBLE))
        self.shop.change(faults=Faults.of(rates))

    def clock(self, hours: int) -> None:
        """The pipeline's clock jumps; the shop's goes right."""
        self._jump = timedelta(hours=hours)
        self.figures["jumps of the clock"] += 1

    def load(self, writes_per_request: int) -> None:
        """A run, while the shop is written to."""
        self.shop.change(writes_per_request=writes_per_request)
        self._try("runs", lambda: run(Request(), self._settings(), self._clocks()))
        self.shop.change(writes_per_request=0)

    def refresh(self, number: int) -> None:
        """Everything dropped and read anew."""
        self._try("full refreshes", lambda: run(Request(full_refresh=True), self._settings(), self._clocks()))

    def backfill(self, days: int) -> None:
        """A window of the past read again."""
        since = self.shop.options.opened_at - timedelta(days=days)
        window = Window(since, since + timedelta(days=self._chance.randint(1, 60)))
        self._try("backfills", lambda: run(Request(window=window), self._settings(), self._clocks()))

    def sweep(self, number: int) -> None:
        """Deletions looked for."""
        self._try("sweeps", lambda: sweep(Request(), self._settings(), self._clocks()))

    def repair(self, number: int) -> None:
        """Compared and mended."""
        self._try("repairs", lambda: verify_and_repair(Request(), self._settings(), self._clocks()))

    def contract(self, number: int) -> None:
        """The profile names a wrong field for what was paid, so that every payment is refused; or it is mended."""
        wrong = {"payments": {"path": "payments", "fields": {"amount": "no such field"}}} if number else {}
        lists = {name: {"path": name} for name in RESOURCES}
        self._profile = self.warehouse.profile(page_size=20, **self._changes, resources={**lists, **wrong})
        self.figures["changes of the contract"] += 1

    def replay(self, number: int) -> None:
        """Rejected records judged again, and the archive loaded again."""
        self._try("replays", lambda: replay_rejected(Request(), self._settings(), self._clocks()))
        self._try("replays", lambda: replay_archive(Request(), self._settings(), self._clocks()))

    def kill(self, percent: int) -> None:
        """Work that is killed after so many hundredths of the calls that it makes at most."""
        work, calls = list(CALLS.items())[percent % len(CALLS)]
        after = 1 + calls * percent // 100
        try:
            self.figures["killed"] += in_a_process(self.shop, self.warehouse, self._profile, work, after) == 0
        except RuntimeError as error:
            # Work may fail before the call comes, in one of our own sentences, as it may when it is left alone.
            if not any(f"errors.{kind}" in str(error) for kind in EXPECTED):
                raise

    def fill(self, kilobytes: int) -> None:
        """A run on a disk that is full but for so many kilobytes."""
        with self._disk.filled(kilobytes * 1024):
            self._try("runs on a full disk", lambda: run(Request(), self._settings(), self._clocks()))

    def _try(self, what: str, work: Callable[[], Any]) -> None:
        """It may fail, in one of our own sentences."""
        self.figures[what] += 1
        try:
            work()
        except RunFailed:
            self.figures[f"{what} that failed"] += 1
        except SettingError as error:
            if not any(words in f"SettingError: {error}" for words in EXPECTED):  # before the first load
                raise

    def _clocks(self) -> Clocks:
        jump = self._jump
        return Clocks(now=lambda: datetime.now(UTC) + jump)

    def _settings(self) -> Settings:
        return self.warehouse.settings(
            self.shop.start(),
            self._profile,
            archive=True,
            archive_address=str(self.warehouse.folder / "archive"),
            checkpoint_rows=STEP_ROWS,
            sweep_max_share=1.0,
            read_timeout_seconds=0.2,
        )


EXPECTED = ("SettingError: The warehouse has no table", "SettingError: The archive at", *RUN_FAILED)

CALLS = {"load": 1_000_000, "sweep": 500_000, "repair": 700_000, "replay": 500_000, "archive": 700_000}
"""About as many calls of Python functions as each kind of work makes with the small shop."""


@contextlib.contextmanager
def figures_of(life: Life, record_property: Callable[[str, int], None]) -> Iterator[None]:
    """Note what has happened, whatever comes of it."""
    try:
        yield
    finally:
        for name, count in life.figures.items():
            record_property(name, count)
