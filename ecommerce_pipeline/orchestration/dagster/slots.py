"""Runs of a backfill that load side by side, each in a working folder and a staging schema of its own.

A row that is edited leaves the past day that it was in, and comes to the present one. Runs that read past days alone
can therefore not bring two versions of one row. The run that follows the cursor can: while it works, none of them does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dlt
from dlt.common.pipeline import get_dlt_pipelines_dir
from filelock import FileLock, Timeout

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.destination import SECTION, destination_type
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.window import Window

PAUSE_SECONDS = 1.0


@contextmanager
def slot(window: Window | None, settings: Settings) -> Iterator[None]:
    """Hold what a run needs, beside others where that is safe; waits until it is free.

    Args:
        window: the past days that it reads; None for one that follows the cursor.
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
    folder = Path(get_dlt_pipelines_dir()) / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    locks = [FileLock(folder / f"{number}.lock") for number in range(settings.parallel_windows)]
    with ExitStack() as held:
        if window:
            number = _first_free(locks, held)
            held.enter_context(_own_place(folder / str(number), number))
        else:
            for lock in locks:
                held.enter_context(lock)
        yield


def _first_free(locks: list[FileLock], held: ExitStack) -> int:
    """Take a lock that nobody holds, and tell which."""
    while True:
        for number, lock in enumerate(locks):
            try:
                held.enter_context(lock.acquire(timeout=0))
            except Timeout:
                continue
            return number
        time.sleep(PAUSE_SECONDS)


@contextmanager
def _own_place(folder: Path, number: int) -> Iterator[None]:
    """Have dlt work in a folder and a staging schema that no other run uses."""
    name = str(dlt.config.get(f"{SECTION}.destination_name", str)).upper()
    layout = f"DESTINATION__{name}__STAGING_DATASET_NAME_LAYOUT"
    wanted = {"DLT_DATA_DIR": str(folder), layout: f"%s_staging_{number}"}
    before = {key: os.environ.get(key) for key in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value
