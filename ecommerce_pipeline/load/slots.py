"""Runs that load past days side by side, each in a working folder and a staging schema of its own.

A row that is edited leaves the past day that it was in, and comes to the present one. Runs that read past days alone
can therefore not bring two versions of one row. What works in the main folder can: while it changes rows, none of them
does, and it is refused while one of them works.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path

import dlt
from dlt.common.pipeline import get_dlt_pipelines_dir
from dlt.common.utils import custom_environ
from filelock import FileLock, Timeout

from ecommerce_pipeline.errors import AnotherRun, SettingError
from ecommerce_pipeline.load.alone import alone
from ecommerce_pipeline.load.destination import PIPELINE, SECTION, destination_type
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.window import Window

PAUSE_SECONDS = 1.0

_IN_A_SLOT: ContextVar[bool] = ContextVar("in a slot", default=False)


def in_a_slot() -> bool:
    """Whether the work has a folder and a staging schema beside those of others."""
    return _IN_A_SLOT.get()


@contextmanager
def alone_with_rows(now: datetime) -> Iterator[None]:
    """Hold the working folder for work that changes rows: no past days are loaded meanwhile.

    Args:
        now: the present instant, UTC.

    Raises:
        AnotherRun: somebody else holds the folder, or loads past days.
    """
    with alone(now):
        if _stays_busy(_folder()):
            raise AnotherRun(
                f"Past days are loaded side by side in {_folder()}. Wait for their end, then run again; this run has"
                " written nothing."
            )
        yield


@contextmanager
def slot(window: Window | None, settings: Settings) -> Iterator[None]:
    """Hold what a run needs, beside others where that is safe; waits until it is free.

    Args:
        window: what it reads; None for one that follows the cursor. Past days alone are read beside others.
        settings: how many may work side by side.

    Raises:
        SettingError: the warehouse takes one writer.
    """
    if settings.parallel_windows == 1:
        yield
        return
    if destination_type() == "duckdb":
        raise SettingError(
            "DuckDB takes one writer: set `sources.ecommerce.parallel_windows` to 1, or load into a server."
        )
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    if window is None or window.until is None:
        while _busy(folder):
            time.sleep(PAUSE_SECONDS)
        yield
        return
    with ExitStack() as held:
        number = _first_free(folder, settings.parallel_windows, held)
        held.enter_context(_own_place(folder / str(number), number))
        yield


def _folder() -> Path:
    return Path(get_dlt_pipelines_dir()) / "slots"


def _busy(folder: Path) -> bool:
    """Whether past days are loaded now."""
    for lock in sorted(folder.glob("*.lock")):
        try:
            with FileLock(lock).acquire(timeout=0):
                pass
        except Timeout:
            return True
    return False


def _stays_busy(folder: Path) -> bool:
    """The same, where one look is not enough: another one that looks holds each lock for a moment."""
    if _busy(folder):
        time.sleep(PAUSE_SECONDS)
        return _busy(folder)
    return False


def _first_free(folder: Path, count: int, held: ExitStack) -> int:
    """Take a slot that nobody holds, and tell which. The main folder is held for that moment: what changes rows there
    either sees the slot taken, or is through with its work.
    """
    main = FileLock(folder.parent / f"{PIPELINE}.lock")
    while True:
        with main:
            for number in range(count):
                try:
                    held.enter_context(FileLock(folder / f"{number}.lock").acquire(timeout=0))
                except Timeout:
                    continue
                return number
        time.sleep(PAUSE_SECONDS)


@contextmanager
def _own_place(folder: Path, number: int) -> Iterator[None]:
    """Have dlt work in a folder and a staging schema that no other run uses. It begins empty: what a killed run has
    left there may be older than what came since, and is read again.
    """
    shutil.rmtree(folder, ignore_errors=True)
    name = str(dlt.config.get(f"{SECTION}.destination_name", str)).upper()
    layout = f"DESTINATION__{name}__STAGING_DATASET_NAME_LAYOUT"
    token = _IN_A_SLOT.set(True)
    try:
        with custom_environ({"DLT_DATA_DIR": str(folder), layout: f"%s_staging_{number}"}):
            yield
    finally:
        _IN_A_SLOT.reset(token)
