"""One function for each command; each returns the exit code."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ecommerce_pipeline.command.answers import alert, build, build_new, check, check_new, export, lineage
from ecommerce_pipeline.command.loading import load_noted
from ecommerce_pipeline.command.mending import replay, sweep, verify

if TYPE_CHECKING:
    from ecommerce_pipeline.command.alerting import Telling
    from ecommerce_pipeline.load.request import Request

NOT_ACCOUNTED_FOR = 3
"""The exit code of a load that somebody has to look at: another one would go well and hide it."""

__all__ = ["alert", "build", "check", "ddl", "demo", "export", "lineage", "load", "replay", "sweep", "verify"]


def demo(options: argparse.Namespace) -> int:
    """Serve the demo shop alone."""
    from ecommerce_pipeline.demo.command import serve

    return serve(options)


def load(options: argparse.Namespace) -> int:
    """What changed since the last run into the warehouse."""
    from ecommerce_pipeline.command.alerting import told_afterwards
    from ecommerce_pipeline.command.arguments import requested_load

    request = requested_load(options)
    with told_afterwards() as telling:
        return _load(request, options, telling)


def _load(request: Request, options: argparse.Namespace, telling: Telling) -> int:
    from ecommerce_pipeline.report.outcome import print_outcome
    from ecommerce_pipeline.transform.build import has_models

    settings, outcome = load_noted(request, telling, builds=not options.no_transform)
    print_outcome(outcome)
    code = 0 if outcome.complete else NOT_ACCOUNTED_FOR
    if options.no_transform or not has_models(settings):
        return code
    return max(code, build_new(settings), check_new(settings))


def ddl(options: argparse.Namespace) -> int:
    """The tables as SQL."""
    from ecommerce_pipeline.command.arguments import requested_lists
    from ecommerce_pipeline.command.environment import require_project, with_demo_key
    from ecommerce_pipeline.command.parser import DIALECTS
    from ecommerce_pipeline.errors import SettingError
    from ecommerce_pipeline.load.ddl import statements
    from ecommerce_pipeline.load.destination import destination_type
    from ecommerce_pipeline.report.printed import print_texts
    from ecommerce_pipeline.settings import load_settings
    from ecommerce_pipeline.transform.star import star_statements

    requested_lists(options)
    require_project()
    dialect = options.dialect or destination_type()
    if dialect not in DIALECTS:
        raise SettingError(
            f"The tables of `{dialect}` are not printed; name one of {', '.join(DIALECTS)} by --dialect."
        )
    settings = with_demo_key(load_settings())
    print_texts(statements(dialect, settings))
    if options.models:
        print_texts(star_statements(dialect, settings))
    return 0
