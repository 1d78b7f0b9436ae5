"""Progress on a terminal while the shop is read."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping

from rich.console import Console

from ecommerce_pipeline.load.run import Watch
from ecommerce_pipeline.source.account import ResourceAccount

Accounts = Mapping[str, ResourceAccount]

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


@contextlib.contextmanager
def telling(what: str) -> Iterator[Callable[[str], None]]:
    """The same for work that tells by itself where it is; yields what to tell it to."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield lambda where: None
        return
    with console.status(what) as status:
        yield lambda where: status.update(f"{what}: {where}")


def _line(accounts: Accounts) -> str:
    rows = sum(account.fetched for account in accounts.values())
    pages = sum(account.pages for account in accounts.values())
    busy = [name for name, account in accounts.items() if account.pages]
    return f"{rows:,} rows on {pages:,} pages: {', '.join(busy)}"
