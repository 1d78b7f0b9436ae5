"""What commands need before they work: settings that are right, and what shows progress."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecommerce_pipeline.load.request import Request
    from ecommerce_pipeline.load.run import Watch
    from ecommerce_pipeline.settings import Settings


@contextlib.contextmanager
def prepared(request: Request, builds: bool = False) -> Iterator[tuple[Settings, Watch]]:
    """The settings of the shop to read, checked before anything is opened or written, and what shows progress.

    Args:
        request: what to read.
        builds: whether models are built afterwards, where the settings do not say otherwise.
    """
    from ecommerce_pipeline.command.environment import (
        log_to_stderr,
        open_shop,
        require_project,
        with_demo_key,
    )
    from ecommerce_pipeline.load.run import check
    from ecommerce_pipeline.report.progress import progress
    from ecommerce_pipeline.settings import load_settings

    log_to_stderr()
    require_project()
    checked = with_demo_key(load_settings())
    check(request, checked)
    if builds:
        from ecommerce_pipeline.checks.sanity.run import require_known_checks
        from ecommerce_pipeline.transform.build import require_dbt

        require_dbt(checked)
        require_known_checks(checked)
    with open_shop(checked) as settings, progress() as watch:
        yield settings, watch


def settings_without_shop(options: argparse.Namespace) -> Settings:
    """The settings of a command that asks the warehouse alone."""
    from ecommerce_pipeline.command.arguments import requested_lists
    from ecommerce_pipeline.command.environment import log_to_stderr, require_project
    from ecommerce_pipeline.settings import load_settings

    requested_lists(options)
    log_to_stderr()
    require_project()
    return load_settings()
