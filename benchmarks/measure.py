"""One process and its children, measured from start to exit."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_SECONDS = 1_800


@dataclass(frozen=True)
class Usage:
    """What a run took. `peak_mb` is that of its largest process."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    exit_code: int


def measured(command: Sequence[str], folder: Path, env: Mapping[str, str], output: Path) -> Usage:
    """Run a command in a folder to its end; what it prints goes to the file `output`.

    A run that takes longer than half an hour is ended.
    """
    with output.open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        end = threading.Timer(LONGEST_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        end.start()
        try:
            # Of children that were waited for, their own children included; the largest one gives the peak.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # Ctrl-C does not reach a session of its own
            process.wait()
            raise
        finally:
            end.cancel()
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)
