"""All sanity checks of one warehouse, their results kept in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import dlt

from ecommerce_pipeline.checks.results import CHECKS, Finding
from ecommerce_pipeline.checks.sanity import curated, orphans, raw
from ecommerce_pipeline.checks.sanity.questions import Questions
from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.alone import alone_in_warehouse
from ecommerce_pipeline.load.connection import asking, kept_open
from ecommerce_pipeline.load.covered import CHECKS as COVERED
from ecommerce_pipeline.load.covered import Covered
from ecommerce_pipeline.load.destination import is_lake, open_pipeline
from ecommerce_pipeline.load.notes import Notes
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.source.run_id import new_run_id


@dataclass(frozen=True)
class Checked:
    """What the checks have found.

    Attributes:
        check_id: names them in `check_results`.
        findings: one for each check and subject.
        with_models: whether the models were checked too.
    """

    check_id: str
    findings: tuple[Finding, ...]
    with_models: bool

    @property
    def failed(self) -> list[Finding]:
        """What is not as expected."""
        return [finding for finding in self.findings if not finding.passed]


NAMES = {
    "tables stand",
    "account balances",
    "loaded rows arrived",
    "rejected records kept",
    "one row per key",
    "rows stay",
    "read lately",
    "amounts not negative",
    "references hold",
    "models agree with rows",
    "revenue agrees with orders",
}
"""What there is to check, as people call it."""


def check_new(settings: Settings) -> Checked | None:
    """The same as `check`, where this folder has loaded anything since the last check; None where it has not."""
    return None if Covered(open_pipeline(), COVERED).says() else check(settings)


def check(settings: Settings, clocks: Clocks | None = None) -> Checked:
    """Check the warehouse and keep the results.

    Args:
        settings: where the models are, and what is allowed.
        clocks: time.

    Raises:
        SettingError: nothing was loaded yet, or the destination is a lake.
        DestinationFailed: the warehouse is open elsewhere or away.
    """
    clocks = clocks or Clocks()
    if is_lake():
        raise SettingError("`check` needs a warehouse; a lake keeps files, see docs/lake.md.")
    now = clocks.now()
    with alone_in_warehouse(settings, clocks) as pipeline, kept_open():
        return _checked(pipeline, settings, now)


def _checked(pipeline: dlt.Pipeline, settings: Settings, now: datetime) -> Checked:
    notes = Notes(pipeline, CHECKS)
    skipped = _skipped(settings)
    with asking(pipeline) as client:
        ask = Questions(client, settings.models_schema)
        if not ask.has(ask.raw("pipeline_runs")):
            raise SettingError(
                "Nothing was loaded yet, so there is nothing to check. Run `python pipelines.py` first."
            )
        with_models = ask.has(ask.model("fct_orders"))
        before = _last_results(notes)
        found = tuple(
            finding
            for finding in _findings(ask, settings, now, before, with_models)
            if finding.name not in skipped
        )
    check_id = new_run_id(now)
    notes.add([finding.row(check_id, now) for finding in found])
    Covered(pipeline, COVERED).write()
    return Checked(check_id, found, with_models)


def _findings(
    ask: Questions, settings: Settings, now: datetime, before: dict[str, int], with_models: bool
) -> Iterator[Finding]:
    runs, present = raw.last_runs(ask), ask.present()
    yield from raw.tables_stand(runs, present, ask.has(ask.raw(curated.LINES_IN_ORDERS)))
    yield from raw.accounts_balance(runs)
    yield from raw.rows_arrived(ask, runs, present)
    yield from raw.rejected_kept(ask, runs)
    yield from raw.keys_unique(ask, present)
    yield from raw.rows_stay(ask, present, before, settings.row_drop_limit)
    yield from raw.fresh(runs, now, settings.stale_after_hours)
    yield from raw.amounts_not_negative(ask, present)
    yield from orphans.references_hold(ask, runs, present, settings.orphans_allowed)
    if with_models:
        yield from curated.models_agree(ask, present)
        yield from curated.revenue_agrees(ask)


def require_known_checks(settings: Settings) -> None:
    """Refuse before anything is loaded.

    Raises:
        SettingError: `checks_skipped` names a check that there is not.
    """
    _skipped(settings)


def _skipped(settings: Settings) -> set[str]:
    """Names of checks that are left out."""
    named = {name.strip() for name in (settings.checks_skipped or "").split(",") if name.strip()}
    for name in sorted(named - NAMES):
        raise SettingError(
            f"`sources.ecommerce.checks_skipped` names no check {name!r}, expected some of {', '.join(sorted(NAMES))}."
        )
    return named


def _last_results(notes: Notes) -> dict[str, int]:
    """Row counts at the last check."""
    newest = notes.find("ORDER BY checked_at DESC LIMIT 1")
    return raw.rows_before(notes.find("WHERE check_id = %s", newest[0]["check_id"])) if newest else {}
