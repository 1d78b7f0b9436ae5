"""Commands that compare or mend what is loaded: sweep, verify, replay."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from ecommerce_pipeline.command.prepared import prepared

if TYPE_CHECKING:
    from ecommerce_pipeline.settings import Settings


def sweep(options: argparse.Namespace) -> int:
    """Rows that the shop has no more are marked."""
    from ecommerce_pipeline.checks.sweep import sweep as swept
    from ecommerce_pipeline.command.arguments import requested_lists
    from ecommerce_pipeline.report.swept import print_swept

    request = requested_lists(options)
    with prepared(request) as (settings, watch):
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
    with prepared(request) as (settings, watch):
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
    with prepared(request) as (settings, watch):
        replayed = replay_rejected(request, settings, watch=watch)
    print_outcome(replayed.outcome)
    print_rejudged(replayed)
    return 0 if replayed.complete else 1


def _replay_archive(options: argparse.Namespace) -> int:
    from ecommerce_pipeline.command.arguments import requested_window
    from ecommerce_pipeline.replay.run import replay_archive
    from ecommerce_pipeline.report.outcome import print_damaged, print_outcome

    request = requested_window(options)
    with prepared(request) as (settings, watch):
        replayed = replay_archive(request, settings, watch=watch)
    print_outcome(replayed.outcome)
    print_damaged(replayed)
    return 0 if replayed.complete else 1
