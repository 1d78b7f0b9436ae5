"""What a person sees of a run: progress on a terminal, then the account as a table."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping

from rich.console import Console
from rich.table import Table

from ecommerce_pipeline.load.run import Outcome
from ecommerce_pipeline.source.account import ResourceAccount

Accounts = Mapping[str, ResourceAccount]
Watch = Callable[[Accounts], None]

REFRESH_SECONDS = 0.2


@contextlib.contextmanager
def progress() -> Iterator[Watch]:
    """Shows what is being read, on a terminal; elsewhere the log lines tell it. Yields what to call
    once with the accounts that the run fills.
    """
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield lambda accounts: None
        return
    watched: list[Accounts] = []
    done = threading.Event()
    with console.status("asking the shop") as status:

        def show() -> None:
            while not done.wait(REFRESH_SECONDS):
                for accounts in watched:
                    status.update(_line(accounts))

        thread = threading.Thread(target=show, daemon=True)
        thread.start()
        try:
            yield watched.append
        finally:
            done.set()
            thread.join()


def _line(accounts: Accounts) -> str:
    rows = sum(account.fetched for account in accounts.values())
    pages = sum(account.pages for account in accounts.values())
    busy = [name for name, account in accounts.items() if account.pages]
    return f"{rows:,} rows on {pages:,} pages: {', '.join(busy)}"


def print_outcome(outcome: Outcome) -> None:
    """The account of a run as a table on standard output."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    table = Table(title=f"{outcome.shop} into {outcome.destination}", title_justify="left")
    table.add_column("resource", no_wrap=True)
    for name in ("pages", "fetched", "loaded", "rejected", "repeated", "retries"):
        table.add_column(name, justify="right")
    table.add_column("cursor (UTC)", no_wrap=True)
    for account in outcome.accounts:
        numbers = (
            account.pages,
            account.fetched,
            account.loaded,
            account.rejected_rows,
            account.repeated,
            account.retries.total(),
        )
        cursor = f"{account.cursor_after:%y-%m-%d %H:%M}" if account.cursor_after else ""
        table.add_row(account.resource, *(f"{number:,}" for number in numbers), cursor)
    console.print(table)
    for account in outcome.accounts:
        if account.rejected:
            rules = ", ".join(f"{rule} {count}" for rule, count in account.rejected.most_common())
            console.print(f"{account.resource} rejected: {rules}; the first for {account.first_reason}")
    console.print(_closing(outcome))


def _closing(outcome: Outcome) -> str:
    seconds = (outcome.finished_at - outcome.started_at).total_seconds()
    unbalanced = [account.resource for account in outcome.accounts if not account.balanced]
    if unbalanced:
        return f"run {outcome.run_id}: NOT every row is accounted for: {', '.join(unbalanced)}"
    count = len(outcome.packages)
    sent = f"{count} load package{'s' if count > 1 else ''}" if count else "nothing new, no load package"
    return f"run {outcome.run_id}: every row is accounted for, {sent}, {seconds:.1f} s"
