"""Alerts at the end of a load, whatever became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecommerce_pipeline.errors import AnotherRun, PipelineError, SettingError

if TYPE_CHECKING:
    from ecommerce_pipeline.load.run import Watch
    from ecommerce_pipeline.load.run_ends import RunEnds
    from ecommerce_pipeline.settings import Settings
    from ecommerce_pipeline.source.account import ResourceAccount

NOT_BEGUN = (SettingError, AnotherRun)
"""Before the shop is read they mean that nothing was written: who has set it sees it, and the other run tells.
Afterwards, from a check for example, they are failures like all others.
"""


class Telling:
    """What is known of a load for those who are told of it.

    Attributes:
        wrong: gathers what is wrong with a load that does not raise.
        reads: whether the load has got as far as reading the shop.
    """

    def __init__(self, noting: ExitStack) -> None:
        self._noting = noting
        self._settings: Settings | None = None
        self._idle = False
        self.wrong: list[str] = []
        self.reads = False

    def begins(self, settings: Settings) -> None:
        """The settings are right and the load begins. Without channels nothing is noted."""
        if settings.alert_channels:
            self._settings = settings
            self.wrong = self._noting.enter_context(_run_ends().watching())

    def watching(self, watch: Watch) -> Watch:
        """What gets the accounts when reading begins, made to tell us of it too."""

        def begun(accounts: Mapping[str, ResourceAccount]) -> None:
            self.reads = True
            watch(accounts)

        return begun

    def has_loaded(self, packages: Sequence[str]) -> None:
        """The load is through; without a package the warehouse is as it was."""
        self._idle = not packages

    def tell(self) -> None:
        """Tell the channels. What goes wrong with that is a warning: the load is what counts."""
        if self._settings is None:
            return
        from ecommerce_pipeline.alerts.run import alert
        from ecommerce_pipeline.report.alerted import print_alerted_after_load

        try:
            print_alerted_after_load(alert(self._settings, patience_seconds=0, idle=self._idle))
        except Exception as error:  # whatever it is, it must not end a load
            words = (
                str(error) if isinstance(error, PipelineError) else f"an unexpected {type(error).__name__}."
            )
            sys.stderr.write(f"warning: the alerts were not sent: {words}\n")


@contextmanager
def told_afterwards() -> Iterator[Telling]:
    """Note how the load inside the block ends, and tell the channels; that changes nothing about the load."""
    stopped: Exception | None = None
    try:
        with ExitStack() as noting:
            telling = Telling(noting)
            try:
                yield telling
            except NOT_BEGUN as error:
                if not telling.reads:
                    raise
                telling.wrong.append(str(error))
                stopped = error
    except NOT_BEGUN:
        raise
    except Exception:
        telling.tell()
        raise
    telling.tell()
    if stopped:
        raise stopped


def _run_ends() -> RunEnds:
    from dlt.common.pipeline import get_dlt_pipelines_dir

    from ecommerce_pipeline.load.destination import PIPELINE
    from ecommerce_pipeline.load.run_ends import RunEnds

    return RunEnds(Path(get_dlt_pipelines_dir()), PIPELINE)
