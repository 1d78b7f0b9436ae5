"""A run that reads past days beside another, in a process of its own; its arguments are those of `main`."""

from __future__ import annotations

import sys
from datetime import datetime

from ecommerce_pipeline.load.request import Request
from ecommerce_pipeline.load.run import run
from ecommerce_pipeline.load.slots import slot
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.window import Window


def main(since: str, until: str, address: str, profile: str, token: str) -> None:
    """Load a window, beside another one."""
    window = Window(datetime.fromisoformat(since), datetime.fromisoformat(until))
    settings = Settings(
        shop=profile,
        shop_base_url=f"{address}/api",
        shop_token=token,
        parallel_windows=2,
        archive_address="archive",
    )
    with slot(window, settings):
        assert run(Request(window=window), settings).complete


if __name__ == "__main__":
    main(*sys.argv[1:])
