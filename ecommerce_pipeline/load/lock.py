"""One run at a time in a working folder: a lock that the operating system lets go of, however its holder ends."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ecommerce_pipeline.errors import AnotherRun


@contextmanager
def only_run(folder: Path, name: str, now: datetime) -> Iterator[None]:
    """Hold the lock of a pipeline while the block runs.

    The file stays when the lock goes: to delete it would let two runs hold two files of one name.

    Args:
        folder: where the pipelines of this project keep their state; made if it is not there.
        name: of the pipeline.
        now: the present instant, UTC; told to a run that comes meanwhile.

    Raises:
        AnotherRun: somebody else holds it; names the process and since when.
    """
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / f"{name}.holder.json"
    try:
        lock = FileLock(folder / f"{name}.lock").acquire(timeout=0)
    except Timeout:
        raise AnotherRun(
            f"Another run works in {folder}: {_shown(holder)}. Wait for its end, then run again;"
            " this one has written nothing."
        ) from None
    with lock:
        holder.write_text(
            json.dumps({"pid": os.getpid(), "since": now.isoformat(timespec="seconds")}), "utf-8"
        )
        yield


def _shown(holder: Path) -> str:
    """Who holds the lock; it may have been taken a moment ago, before its holder could say so."""
    try:
        told = json.loads(holder.read_text("utf-8"))
        return f"process {told['pid']}, since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it began a moment ago"
