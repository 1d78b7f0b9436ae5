"""How the loads of a working folder ended: which is known here alone where the warehouse could not be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ecommerce_pipeline.errors import AnotherRun, PipelineError, SettingError, Unaccounted
from ecommerce_pipeline.load.whole_files import read_json, write_json

KILLED = "Killed"
KILLED_REASON = (
    "A load ended without a word: it was killed, ran out of memory, or the machine went down. What is committed stays;"
    " the next run goes on from there."
)
NOT_FAILED = (AnotherRun, SettingError)
"""They end a run before it has begun; nothing was written."""


@dataclass(frozen=True)
class Failing:
    """Loads that failed one after the other.

    Attributes:
        times: how many, the last one included.
        since: when the first of them ended, UTC.
        last_at: when the last one ended, UTC.
        error: the kind of the last failure, a name of `errors.py` where it is one of ours.
        reason: the last failure as one sentence, without secrets.
    """

    times: int
    since: datetime
    last_at: datetime
    error: str
    reason: str


class RunEnds:
    """A file beside the pipeline's working folder, which may be deleted with the local state.

    Args:
        folder: where the pipelines of this project keep their state.
        name: of the pipeline.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}.run_ends.json"
        self._lock = FileLock(folder / f"{name}.run_ends.lock")

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Note how the load inside the block ends: well, failed, or, being killed, without a word.

        A load that finds another one at work notes nothing. One that is stopped by hand has not failed. Yields a list
        for what is wrong with a load that does not raise, as sentences.
        """
        wrong: list[str] = []
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            held = self._lock.acquire(timeout=0)
        except Timeout:
            yield wrong
            return
        with held:
            known, before = self.known(), self.failing(alone=True)
            self._write(before, running_since=datetime.now(UTC))
            try:
                yield wrong
            except Exception as error:
                if isinstance(error, NOT_FAILED):
                    self._take_back(known, before)
                else:
                    self._write(_one_more(before, type(error).__name__, _sentence(error)))
                raise
            except BaseException:
                self._take_back(known, before)
                raise
            self._write(_one_more(before, Unaccounted.__name__, " ".join(wrong)) if wrong else None)

    def known(self) -> bool:
        """Whether any load has ended in this folder."""
        return self._file.exists()

    def failing(self, alone: bool = False) -> Failing | None:
        """The failures since the last load that went well; None without any.

        Args:
            alone: whether no load is at work, so that one which is noted as running has been killed.
        """
        noted = read_json(self._file)
        found = Failing(**_instants(noted["failing"])) if noted.get("failing") else None
        if noted.get("running_since") and (alone or self._nobody_runs()):
            return _one_more(found, KILLED, KILLED_REASON, datetime.fromisoformat(noted["running_since"]))
        return found

    def _take_back(self, known: bool, before: Failing | None) -> None:
        """Of a load that has not begun, or was stopped by hand, nothing is noted."""
        if known:
            self._write(before)
        else:
            self._file.unlink()

    def _nobody_runs(self) -> bool:
        try:
            with self._lock.acquire(timeout=0):
                return True
        except Timeout:
            return False

    def _write(self, failing: Failing | None, running_since: datetime | None = None) -> None:
        noted = {"failing": failing and vars(failing), "running_since": running_since}
        write_json(self._file, noted)


def _one_more(before: Failing | None, error: str, reason: str, at: datetime | None = None) -> Failing:
    at = at or datetime.now(UTC)
    return Failing((before.times if before else 0) + 1, before.since if before else at, at, error, reason)


def _sentence(error: Exception) -> str:
    """A library's own words may hold values of rows; where it happened is kept in a file."""
    if isinstance(error, PipelineError):
        return str(error)
    return f"An unexpected {type(error).__name__}; .dlt/.var/last_error.txt tells where. Nothing is lost."


def _instants(noted: dict[str, Any]) -> dict[str, Any]:
    instants = {name: datetime.fromisoformat(noted[name]) for name in ("since", "last_at")}
    return {**noted, **instants}
