"""Work in a process of its own that may be killed: WORK AFTER ADDRESS PROFILE TOKEN are its arguments.

Counts the calls of Python functions in all threads. AFTER is a number: at that call the process is gone without a word,
as by SIGKILL from outside; with 0 it lives. Or it is the name of a function, at whose first call that happens. The last
line says how many calls were made. Settings of dlt come from the environment.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from ecommerce_pipeline.checks.sweep import sweep
from ecommerce_pipeline.checks.verify import verify_and_repair
from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import run
from ecommerce_pipeline.replay.run import replay_archive, replay_rejected
from ecommerce_pipeline.settings import Settings

WORK: dict[str, Callable[[Settings], Any]] = {
    "load": lambda settings: run(Request(), settings),
    "refresh": lambda settings: run(Request(full_refresh=True), settings),
    "sweep": lambda settings: sweep(Request(), settings),
    "repair": lambda settings: verify_and_repair(Request(), settings),
    "replay": lambda settings: replay_rejected(Request(), settings),
    "archive": lambda settings: replay_archive(Request(), settings),
}


def _killer(after: str, calls: itertools.count[int]) -> Callable[[FrameType, str, Any], None]:
    number = int(after) if after.isdigit() else None

    def count(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and (next(calls) == number or frame.f_code.co_name == after):
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def main(work: str, after: str, address: str, profile: str, token: str) -> None:
    settings = Settings(
        shop=profile,
        shop_base_url=f"{address}/api",
        shop_token=token,
        archive_address=os.environ["ARCHIVE"],
        checkpoint_rows=150,
        sweep_max_share=1.0,
    )
    calls = itertools.count(1)
    count = _killer(after, calls)
    threading.setprofile(count)
    sys.setprofile(count)
    WORK[work](settings)
    sys.setprofile(None)
    print(next(calls))


if __name__ == "__main__":
    main(*sys.argv[1:])
