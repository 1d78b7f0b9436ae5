"""The working folder held for one piece of work, and the warehouse opened for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import dlt
from dlt.common.pipeline import get_dlt_pipelines_dir

from ecommerce_pipeline.load.destination import PIPELINE, open_destination, open_pipeline
from ecommerce_pipeline.load.failures import FailuresNamed
from ecommerce_pipeline.load.lock import only_run
from ecommerce_pipeline.load.one_writer import let_go_at_the_end
from ecommerce_pipeline.load.patience import wait_until_free
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks


@contextmanager
def alone(now: datetime) -> Iterator[None]:
    """Hold the working folder while the block runs; failures inside come out in our words.

    Args:
        now: the present instant, UTC.

    Raises:
        AnotherRun: somebody else holds it.
    """
    with FailuresNamed(), only_run(Path(get_dlt_pipelines_dir()), PIPELINE, now), let_go_at_the_end():
        yield


@contextmanager
def alone_in_warehouse(settings: Settings, clocks: Clocks) -> Iterator[dlt.Pipeline]:
    """The same for work that the shop is not asked for; gives the pipeline once its warehouse lets us in.

    Args:
        settings: how long to wait.
        clocks: time.

    Raises:
        SettingError: the destination is not configured rightly.
        AnotherRun: somebody else holds the folder.
        DestinationFailed: the warehouse is open elsewhere or away.
    """
    open_destination()
    with alone(clocks.now()):
        pipeline = open_pipeline()
        wait_until_free(pipeline, settings.destination_wait_seconds, clocks.sleep)
        yield pipeline
