"""The account of a run."""

from __future__ import annotations

from rich.table import Table

from ecommerce_pipeline.load.run import Outcome
from ecommerce_pipeline.replay.run import Replayed
from ecommerce_pipeline.report.printed import open_console


def print_outcome(outcome: Outcome) -> None:
    """The account of a run as a table on standard output."""
    console = open_console()
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


def print_rejudged(rejudged: Replayed) -> None:
    """What became of the rejected records, in one sentence."""
    open_console().print(
        f"{rejudged.right:,} rejected records keep the contract now and have left `rejected_records`,"
        f" {rejudged.wrong:,} stay there."
    )


def print_damaged(replayed: Replayed) -> None:
    """The archived pages that cannot be read, if any."""
    for path in replayed.damaged:
        open_console().print(f"damaged and passed over: {path}; what it held is in the shop, or lost")


def _closing(outcome: Outcome) -> str:
    seconds = (outcome.finished_at - outcome.started_at).total_seconds()
    unbalanced = [account.resource for account in outcome.accounts if not account.balanced]
    if unbalanced:
        return f"run {outcome.run_id}: NOT every row is accounted for: {', '.join(unbalanced)}"
    count = len(outcome.packages)
    sent = f"{count} load package{'s' if count > 1 else ''}" if count else "nothing new, no load package"
    return f"run {outcome.run_id}: every row is accounted for, {sent}, {seconds:.1f} s"
