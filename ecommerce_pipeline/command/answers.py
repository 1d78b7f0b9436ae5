"""Commands that ask the warehouse alone: models, checks, files, alerts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from ecommerce_pipeline.command.prepared import settings_without_shop

if TYPE_CHECKING:
    from ecommerce_pipeline.checks.sanity.run import Checked
    from ecommerce_pipeline.settings import Settings
    from ecommerce_pipeline.transform.build import Built


def build(options: argparse.Namespace) -> int:
    """The models, without a load before."""
    from ecommerce_pipeline.transform.build import build as built

    settings = settings_without_shop(options)
    return _built(lambda told: built(settings, options.everything, told=told))


def build_new(settings: Settings) -> int:
    """Build what has changed since the last build, and print what was built."""
    from ecommerce_pipeline.transform.build import build_new as built_new

    return _built(lambda told: built_new(settings, told=told))


def _built(work: Callable[[Callable[[str], None]], Built]) -> int:
    from ecommerce_pipeline.report.built import print_built
    from ecommerce_pipeline.report.progress import telling

    with telling("building models") as told:
        built = work(told)
    print_built(built)
    return 1 if built.failed or built.still_failing else 0


def lineage(options: argparse.Namespace) -> int:
    """The models' documentation, as a page."""
    from pathlib import Path

    from ecommerce_pipeline.report.printed import print_texts
    from ecommerce_pipeline.transform.lineage import write_lineage

    page = Path(options.page)
    write_lineage(settings_without_shop(options), page)
    print_texts([f"{page.resolve()} shows what each model is made of; open it in a browser"])
    return 0


def check(options: argparse.Namespace) -> int:
    """The warehouse asked whether it holds together."""
    from ecommerce_pipeline.checks.sanity.run import check as checked

    return _told(checked(settings_without_shop(options)))


def check_new(settings: Settings) -> int:
    """Check what this folder has loaded since the last check, and print it; nothing where that is nothing."""
    from ecommerce_pipeline.checks.sanity.run import check_new as checked_new

    found = checked_new(settings)
    return _told(found) if found else 0


def _told(checked: Checked) -> int:
    from ecommerce_pipeline.report.checked import print_checked

    print_checked(checked)
    return 1 if checked.failed else 0


def export(options: argparse.Namespace) -> int:
    """Facts and dimensions as files."""
    from ecommerce_pipeline.command.arguments import requested_since
    from ecommerce_pipeline.export.run import export as exported
    from ecommerce_pipeline.report.exported import print_exported
    from ecommerce_pipeline.report.progress import telling

    since = requested_since(options)
    settings = settings_without_shop(options)
    with telling("writing files") as told:
        found = exported(settings, since, told=told)
    print_exported(found, settings.export_address)
    return 0


def alert(options: argparse.Namespace) -> int:
    """Who has to know something is told, once."""
    from ecommerce_pipeline.alerts.run import alert as alerted_now
    from ecommerce_pipeline.alerts.work import Trouble
    from ecommerce_pipeline.report.alerted import print_alerted, print_letters

    said = {options.job: options.failed, f"late {options.job}": options.late}
    troubles = [Trouble(job, what) for job, what in said.items() if what is not None]
    alerted = alerted_now(settings_without_shop(options), options.dry_run, troubles=troubles)
    (print_letters if options.dry_run else print_alerted)(alerted)
    return 1 if alerted.failed or alerted.away else 0
