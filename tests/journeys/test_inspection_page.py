"""After a run, dlt's own commands show what was loaded: in the terminal and as a page."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import RunCommand
from tests.support.browser import CHROMIUM, browser

START_SECONDS = 60


@pytest.fixture
def loaded(project: Path, run_command: RunCommand) -> Path:
    """A project in which `python pipelines.py` has run once."""
    done = run_command()
    assert done.returncode == 0, done.stderr
    return project


def test_the_terminal_shows_the_pipeline(loaded: Path, project_env: dict[str, str]) -> None:
    for view in ("info", "trace", "schema"):
        done = subprocess.run(
            ["dlt", "pipeline", "ecommerce", view],
            cwd=loaded,
            env=project_env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert str(loaded) in done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="the inspection page needs a browser: apt-get install chromium")
def test_the_page_shows_the_tables_and_counts_their_rows(loaded: Path, project_env: dict[str, str]) -> None:
    with (
        _show(loaded, project_env) as address,
        browser() as page,
    ):  # the page asks its makers' site for a logo
        page.goto(address)
        _open_section(page, "Dataset: Browse Data and State")
        for table in ("customers", "orders", "order_items"):
            expect(page.get_by_role("cell", name=table, exact=True).first).to_be_visible()
        # Counting asks the warehouse itself: the page has found the file and can query it.
        page.get_by_role("button", name="Load row counts").click()
        expect(page.get_by_role("columnheader", name="row_count")).to_be_visible()


@contextmanager
def _show(project: Path, env: dict[str, str]) -> Iterator[str]:
    """`dlt pipeline ecommerce show`; it takes the next free port by itself and prints the address."""
    process = subprocess.Popen(
        ["dlt", "pipeline", "ecommerce", "show"],
        cwd=project,
        env=env | {"BROWSER": "true"},  # the command `true` opens no window
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # the page is a child of the command's; both end together
    )
    deadline = threading.Timer(START_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
    deadline.start()
    try:
        yield _announced(process)
    finally:
        deadline.cancel()
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _announced(process: subprocess.Popen[str]) -> str:
    """The address that the page's server prints when it listens."""
    printed = []
    for line in process.stdout or ():
        printed.append(line)
        if found := re.search(r"http://localhost:\d+", line):
            return found[0].replace("localhost", "127.0.0.1")
    raise AssertionError("no address within a minute:\n" + "".join(printed))


def _open_section(page: Page, title: str) -> None:
    """Turn on the switch that follows a section's title."""
    page.get_by_role("heading", name=title).locator("xpath=following::marimo-switch[1]").get_by_role(
        "switch"
    ).click()
