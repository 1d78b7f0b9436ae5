"""How loads ended is known afterwards, whatever ended them."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from ecommerce_pipeline.errors import AnotherRun, SettingError, ShopUnreachable
from ecommerce_pipeline.load.run_ends import KILLED, RunEnds
from tests.conftest import ROOT

BEGINS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from ecommerce_pipeline.load.run_ends import RunEnds
with RunEnds(Path(sys.argv[1]), "ecommerce").watching():
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def ends(tmp_path: Path) -> RunEnds:
    return RunEnds(tmp_path / "pipelines", "ecommerce")


def _end(ends: RunEnds, error: BaseException | None = None, wrong: str = "") -> None:
    with pytest.raises(type(error)) if error else nullcontext(), ends.watching() as told:
        if wrong:
            told.append(wrong)
        if error:
            raise error


def _die(ends: RunEnds, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEGINS_AND_DIES, str(folder / "pipelines")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
        timeout=60,
    )
    assert done.returncode == -9


def test_failures_in_a_row_are_counted_from_the_first_until_a_load_goes_well(ends: RunEnds) -> None:
    _end(ends, ShopUnreachable("away"))
    first = ends.failing()
    _end(ends, ShopUnreachable("still away"))
    second = ends.failing()
    assert first is not None and second is not None
    assert (first.times, second.times, second.since) == (1, 2, first.since)
    assert (second.error, second.reason) == ("ShopUnreachable", "still away")
    _end(ends)
    assert ends.known() and ends.failing() is None


def test_words_of_a_library_are_not_kept_for_they_may_hold_values(ends: RunEnds) -> None:
    _end(ends, ValueError("jane@example.com is wrong"))
    failing = ends.failing()
    assert failing is not None and "jane" not in failing.reason and "ValueError" in failing.reason


def test_a_load_that_says_it_is_wrong_without_raising_has_failed(ends: RunEnds) -> None:
    _end(ends, wrong="Not every row is accounted for.")
    failing = ends.failing()
    assert failing is not None and failing.reason == "Not every row is accounted for."


@pytest.mark.parametrize("error", [SettingError("wrong"), AnotherRun("busy"), KeyboardInterrupt()])
def test_a_load_that_has_not_begun_or_was_stopped_by_hand_leaves_all_as_it_was(
    ends: RunEnds, error: BaseException
) -> None:
    _end(ends, error)
    assert not ends.known()
    _end(ends, ShopUnreachable("away"))
    _end(ends, error)
    failing = ends.failing()
    assert failing is not None and failing.times == 1


def test_a_load_that_is_killed_has_failed_and_counts_though_another_follows(
    ends: RunEnds, tmp_path: Path
) -> None:
    _die(ends, tmp_path)
    killed = ends.failing()
    assert killed is not None and (killed.error, killed.times) == (KILLED, 1)
    _end(ends, ShopUnreachable("away"))
    failing = ends.failing()
    assert failing is not None and (failing.times, failing.since) == (2, killed.since)


def test_a_load_at_work_is_not_taken_for_killed_and_another_beside_it_notes_nothing(ends: RunEnds) -> None:
    with ends.watching():
        assert RunEnds(*_place(ends)).failing() is None
        _end(RunEnds(*_place(ends)), ShopUnreachable("away"))
        assert RunEnds(*_place(ends)).failing() is None


def test_a_file_that_cannot_be_read_counts_as_none(ends: RunEnds) -> None:
    _end(ends, ShopUnreachable("away"))
    folder, name = _place(ends)
    (folder / f"{name}.run_ends.json").write_text("{", "utf-8")
    assert ends.failing() is None


def _place(ends: RunEnds) -> tuple[Path, str]:
    return ends._file.parent, "ecommerce"
