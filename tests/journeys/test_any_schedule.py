"""All guarantees at once: whatever happens, one undisturbed run and a sweep make the warehouse what the shop is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.support.disk import SmallDisk, small_disk
from tests.support.schedules import SHOPS, Life, Step, figures_of


def _step(name: str, least: int, most: int) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), st.integers(least, most))


STEPS = st.one_of(
    _step("write", 1, 40),
    _step("write", 1, 40),
    _step("load", 0, 2),
    _step("kill", 0, 100),
    _step("faults", 0, 25),
    _step("backfill", 0, 400),
    _step("sweep", 0, 0),
    _step("repair", 0, 0),
    _step("replay", 0, 0),
    _step("refresh", 0, 0),
    _step("contract", 0, 1),
    _step("clock", -48, 48),
    _step("fill", 0, 4_000),
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as found:
        yield found


UNCLOSED = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A writer of dlt's that a full disk has ended is closed by the garbage collector."""

SHORT: tuple[tuple[int, list[Step]], ...] = (
    (0, [("load", 1), ("write", 20), ("kill", 60), ("write", 10), ("sweep", 0), ("fill", 300)]),
    (
        3,
        [
            ("faults", 10),
            ("load", 1),
            ("write", 20),
            ("clock", 30),
            ("backfill", 60),
            ("repair", 0),
            ("replay", 0),
        ],
    ),
)


@UNCLOSED
@pytest.mark.parametrize(("shop", "steps"), SHORT)
def test_a_short_schedule_loses_nothing(
    disk: SmallDisk,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, int], None],
    shop: int,
    steps: list[Step],
) -> None:
    life = Life(disk.folder / "life", disk, shop, 7, monkeypatch)
    with figures_of(life, record_property):
        wrong = life.through(steps)
    assert wrong == []


@UNCLOSED
@pytest.mark.long
@pytest.mark.parametrize("shop", range(len(SHOPS)))
def test_no_schedule_loses_anything(
    disk: SmallDisk,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, int], None],
    shop: int,
) -> None:
    @given(st.lists(STEPS, min_size=3, max_size=12), st.integers(0, 10**6))
    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # to shrink one takes an hour
        suppress_health_check=list(HealthCheck),
    )
    def property_of(steps: list[Step], seed: int) -> None:
        note(f"shop {shop}, seed {seed}, steps {steps}")
        with tempfile.TemporaryDirectory(dir=disk.folder) as folder, monkeypatch.context() as patched:
            life = Life(Path(folder) / "life", disk, shop, seed, patched)
            with figures_of(life, record_property):
                wrong = life.through(steps)
        assert wrong == []

    property_of()
