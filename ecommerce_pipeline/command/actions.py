"""One function for each command; each returns the exit code."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecommerce_pipeline.load.request import Request
    from ecommerce_pipeline.load.run import Watch
    from ecommerce_pipeline.settings import Settings


def demo(options: argparse.Namespace) -> int:
    """Serve the demo shop alone."""
    from ecommerce_pipeline.demo.command import serve

    return serve(options)


def load(options: argparse.Namespace) -> int:
    """What changed since the last run into the warehouse."""
    from ecommerce_pipeline.command.alerting import told_afterwards
    from ecommerce_pipeline.command.arguments import requested_load

    request = requested_load(options)
    with told_afterwards() as begins:
        return _load(request, options, begins)


def _load(request: Request, options: argparse.Namespace, begins: Callable[[Settings], list[str]]) -> int:
    from ecommerce_pipeline.load.run import run
    from ecommerce_pipeline.report.outcome import print_outcome

    with _prepared(request, builds=not options.no_transform) as (settings, watch):
        wrong = begins(settings)
        outcome = run(request, settings, watch=watch)
    print_outcome(outcome)
    if not outcome.complete:
        wrong.append(
            f"Not every row of run {outcome.run_id} is accounted for; `pipeline_runs` tells of which list."
        )
    if options.no_transform or not settings.transform:
        return 0 if outcome.complete else 1
    return max(0 if outcome.complete else 1, _build(settings), _check_new(settings))


def build(options: argparse.Namespace) -> int:
    """The models, without a load before."""
    return _build(_settings_without_shop(options), options.everything)


def lineage(options: argparse.Namespace) -> int:
    """The models' documentation, as a page."""
    from pathlib import Path

    from ecommerce_pipeline.report.printed import print_texts
    from ecommerce_pipeline.transform.lineage import write_lineage

    page = Path(options.page)
    write_lineage(_settings_without_shop(options), page)
    print_texts([f"{page.resolve()} shows what each model is made of; open it in a browser"])
    return 0


def check(options: argparse.Namespace) -> int:
    """The warehouse asked whether it holds together."""
    from ecommerce_pipeline.checks.sanity.run import check as checked
    from ecommerce_pipeline.report.checked import print_checked

    found = checked(_settings_without_shop(options))
    print_checked(found)
    return 1 if found.failed else 0


def _check_new(settings: Settings) -> int:
    from ecommerce_pipeline.checks.sanity.run import check_new
    from ecommerce_pipeline.report.checked import print_checked

    found = check_new(settings)
    if found is None:
        return 0
    print_checked(found)
    return 1 if found.failed else 0


def export(options: argparse.Namespace) -> int:
    """Facts and dimensions as files."""
    from ecommerce_pipeline.command.arguments import requested_since
    from ecommerce_pipeline.export.run import export as exported
    from ecommerce_pipeline.report.exported import print_exported
    from ecommerce_pipeline.report.progress import telling

    since = requested_since(options)
    settings = _settings_without_shop(options)
    with telling("writing files") as told:
        found = exported(settings, since, told=told)
    print_exported(found, settings.export_address)
    return 0


def _settings_without_shop(options: argparse.Namespace) -> Settings:
    """The settings of a command that asks the warehouse alone."""
    from ecommerce_pipeline.command.arguments import requested_lists
    from ecommerce_pipeline.command.environment import log_to_stderr, require_project
    from ecommerce_pipeline.settings import load_settings

    requested_lists(options)
    log_to_stderr()
    require_project()
    return load_settings()


def _build(settings: Settings, everything: bool = False) -> int:
    from ecommerce_pipeline.report.built import print_built
    from ecommerce_pipeline.report.progress import telling
    from ecommerce_pipeline.transform.build import build as built_now

    with telling("building models") as told:
        built = built_now(settings, everything, told=told)
    print_built(built)
    return 1 if built.failed else 0


def alert(options: argparse.Namespace) -> int:
    """Who has to know something is told, once."""
    from ecommerce_pipeline.alerts.run import alert as alerted_now
    from ecommerce_pipeline.report.alerted import print_alerted, print_letters

    alerted = alerted_now(_settings_without_shop(options), options.dry_run)
    (print_letters if options.dry_run else print_alerted)(alerted)
    return 1 if alerted.failed or alerted.away else 0


def sweep(options: argparse.Namespace) -> int:
    """Rows that the shop has no more are marked."""
    from ecommerce_pipeline.checks.sweep import sweep as swept
    from ecommerce_pipeline.command.arguments import requested_lists
    from ecommerce_pipeline.report.swept import print_swept

    request = requested_lists(options)
    with _prepared(request) as (settings, watch):
        found = swept(request, _allowed(settings, options), watch=watch)
    print_swept(found)
    return 0


def verify(options: argparse.Namespace) -> int:
    """The shop compared with the warehouse."""
    from ecommerce_pipeline.checks.verify import verify as verified
    from ecommerce_pipeline.checks.verify import verify_and_repair
    from ecommerce_pipeline.command.arguments import requested_window
    from ecommerce_pipeline.report.verdict import print_verdict

    request = requested_window(options)
    with _prepared(request) as (settings, watch):
        compare = verify_and_repair if options.repair else verified
        verdict = compare(request, _allowed(settings, options), watch=watch)
    print_verdict(verdict)
    return 1 if verdict.differs and not verdict.mended else 0


def _allowed(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings; with --force any share of a table may be marked as deleted."""
    return dataclasses.replace(settings, sweep_max_share=1.0) if options.force else settings


def replay(options: argparse.Namespace) -> int:
    """Rejected records judged again, or archived pages loaded again."""
    return _replay_archive(options) if options.archive else _replay_rejected(options)


def _replay_rejected(options: argparse.Namespace) -> int:
    from ecommerce_pipeline.command.arguments import requested_lists
    from ecommerce_pipeline.replay.run import replay_rejected
    from ecommerce_pipeline.report.outcome import print_outcome, print_rejudged

    request = requested_lists(options)
    with _prepared(request) as (settings, watch):
        replayed = replay_rejected(request, settings, watch=watch)
    print_outcome(replayed.outcome)
    print_rejudged(replayed)
    return 0 if replayed.complete else 1


def _replay_archive(options: argparse.Namespace) -> int:
    from ecommerce_pipeline.command.arguments import requested_window
    from ecommerce_pipeline.replay.run import replay_archive
    from ecommerce_pipeline.report.outcome import print_damaged, print_outcome

    request = requested_window(options)
    with _prepared(request) as (settings, watch):
        replayed = replay_archive(request, settings, watch=watch)
    print_outcome(replayed.outcome)
    print_damaged(replayed)
    return 0 if replayed.complete else 1


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

    requested_lists(options)
    require_project()
    dialect = options.dialect or destination_type()
    if dialect not in DIALECTS:
        raise SettingError(
            f"The tables of `{dialect}` are not printed; name one of {', '.join(DIALECTS)} by --dialect."
        )
    print_texts(statements(dialect, with_demo_key(load_settings())))
    return 0


@contextlib.contextmanager
def _prepared(request: Request, builds: bool = False) -> Iterator[tuple[Settings, Watch]]:
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
    if builds and checked.transform:
        from ecommerce_pipeline.transform.build import require_dbt

        require_dbt(checked)
    with open_shop(checked) as settings, progress() as watch:
        yield settings, watch
