"""What stands around a command: the project's folder, the demo shop, the log."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecommerce_pipeline.errors import SettingError

if TYPE_CHECKING:
    from ecommerce_pipeline.settings import Settings


def require_project() -> None:
    """Without settings, or with those of another profile than is meant, a run would go elsewhere in silence."""
    for needed in (Path(".dlt/config.toml"), Path(".dlt/.workspace")):
        if not needed.is_file():
            raise SettingError(
                f"There is no {needed} in {Path.cwd()}, beside pipelines.py, so no settings or no folder of its own for"
                " what is loaded. Take it from the project's repository and run again."
            )
    profile = os.environ.get("WORKSPACE__PROFILE")
    if profile and not any(Path(".dlt").glob(f"{profile}.*.toml")):
        raise SettingError(
            f"`WORKSPACE__PROFILE` is {profile!r}, and there is neither .dlt/{profile}.config.toml nor"
            f" .dlt/{profile}.secrets.toml: it would load into the same warehouse as any other. Make one of them, or"
            " correct the name."
        )


def _is_demo(settings: Settings) -> bool:
    """Whether no shop is named: the demo shop is opened for the run."""
    return settings.shop == "demo" and not settings.shop_base_url


def with_demo_key(settings: Settings) -> Settings:
    """The settings, with the demo shop's own key where it is read and no other key is set."""
    if not _is_demo(settings) or settings.shop_token:
        return settings
    from ecommerce_pipeline.demo import ShopOptions

    return dataclasses.replace(settings, shop_token=ShopOptions.token)


@contextlib.contextmanager
def open_shop(settings: Settings) -> Iterator[Settings]:
    """The settings of the shop to read; without an address the demo shop is opened for the run."""
    if not _is_demo(settings):
        yield settings
        return
    from ecommerce_pipeline.demo import open_demo_shop

    shop = open_demo_shop(Path(settings.demo_folder), datetime.now(UTC))
    with shop.serve() as address:
        yield dataclasses.replace(settings, shop_base_url=f"{address}/api")


def log_to_stderr() -> None:
    """Plain lines with UTC times; on a terminal the progress takes their place, warnings stay."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    ours = logging.getLogger("ecommerce_pipeline")
    ours.handlers = [handler]
    ours.setLevel(logging.WARNING if sys.stderr.isatty() else logging.INFO)
