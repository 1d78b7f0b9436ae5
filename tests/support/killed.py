"""A run in a process of its own that may be killed: AFTER ADDRESS PROFILE TOKEN [refresh] are its arguments.

Counts the calls of Python functions in all threads; at the given one the process is gone without a word, as by
SIGKILL from outside. With 0 it lives. Its last line says how many calls the run made. Settings of dlt come from the
environment.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import run
from ecommerce_pipeline.settings import Settings


def main(after: int, address: str, profile: str, token: str, *refresh: str) -> None:
    settings = Settings(
        shop=profile, shop_base_url=f"{address}/api", shop_token=token, archive=False, checkpoint_rows=150
    )
    calls = itertools.count(1)

    def count(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and next(calls) == after:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(count)
    sys.setprofile(count)
    run(Request(full_refresh=bool(refresh)), settings)
    sys.setprofile(None)
    print(next(calls))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
