"""A night: a load fails, somebody is told, the next goes well, somebody is told; the load's exit code is its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conftest import RunCommand
from tests.support.browser import CHROMIUM, browser
from tests.support.ports import free_port
from tests.support.receivers import html_of, mail_server, text_of, webhook

CHANNELS = "SOURCES__ECOMMERCE__ALERT_CHANNELS"
LOAD = ("--no-transform", "--resources", "products")


def _away() -> dict[str, str]:
    """A shop that nobody listens for."""
    return {
        "SOURCES__ECOMMERCE__SHOP_BASE_URL": f"http://127.0.0.1:{free_port()}/api",
        "SOURCES__ECOMMERCE__SHOP_TOKEN": "key",
        "SOURCES__ECOMMERCE__REQUEST_ATTEMPTS": "2",
        "SOURCES__ECOMMERCE__BACKOFF_SECONDS": "0.01",
    }


def test_a_load_that_cannot_reach_the_shop_is_told_once_and_its_end_too(run_command: RunCommand) -> None:
    with mail_server() as box:
        channel = {CHANNELS: box.address}
        failed = [run_command(*LOAD, env={**_away(), **channel}) for _ in range(2)]
        well = run_command(*LOAD, env=channel)
        quiet = run_command("alert", env=channel)
    assert [done.returncode for done in (*failed, well, quiet)] == [1, 1, 0, 0], well.stderr
    assert [str(mail["Subject"]) for mail in box.mails] == [
        "[demo] the shop cannot be reached",
        "[demo] over: the shop is reached again",
    ]
    assert "failed 2 times, last: no connection" in text_of(box.mails[0])
    assert "alerts: 1 new, 0 over, told to channel 1 (mailto)" in failed[0].stdout
    assert "none is open" in quiet.stdout and "nothing new to tell" in quiet.stdout


def test_what_a_scheduler_says_of_one_job_is_over_when_that_job_went_well(run_command: RunCommand) -> None:
    with webhook() as hook:
        channel = {CHANNELS: hook.address}
        said = [
            run_command("alert", *words, env=channel)
            for words in (
                ("--job", "night", "--failed", "It broke."),
                ("--job", "day", "--failed", ""),
                ("--job", "night", "--failed", ""),
            )
        ]
    assert [done.returncode for done in said] == [0, 0, 0], said[0].stderr
    assert ["It broke." in body["message"] for body in hook.bodies] == [True, False]
    assert "over: " in hook.bodies[1]["title"]
    assert "nothing new to tell" in said[1].stdout


def test_a_warehouse_that_is_away_is_told_too_and_is_over_when_it_is_back(
    project: Path, run_command: RunCommand
) -> None:
    assert run_command(*LOAD).returncode == 0
    with webhook() as hook:
        channel = {CHANNELS: hook.address}
        nowhere = {"DESTINATION__RAW__CREDENTIALS": str(project / "no folder" / "raw.duckdb")}
        failed = [run_command(*LOAD, env={**nowhere, **channel}) for _ in range(2)]
        well = run_command(*LOAD, env=channel)
    assert [done.returncode for done in (*failed, well)] == [1, 1, 0], well.stderr
    assert "only failed loads were looked at" in failed[0].stderr
    assert [body["title"] for body in hook.bodies] == [
        "[demo] the load fails",
        "[demo] over: the load runs again",
    ]
    assert "The warehouse cannot be opened" in hook.bodies[0]["message"]


def test_a_channel_that_fails_is_a_warning_after_a_load_and_changes_nothing_about_it(
    project: Path, run_command: RunCommand
) -> None:
    refused = f"mailto://loader:s3cret-w0rd@127.0.0.1:{free_port()}?from=a@shop.example&to=b@shop.example"
    unknown = run_command(*LOAD, env={CHANNELS: "pigeon://s3cret-w0rd"})
    failed = run_command(*LOAD, env={**_away(), CHANNELS: refused})
    well = run_command(*LOAD, env={CHANNELS: refused})
    alone = run_command("alert", env={CHANNELS: refused})
    assert [done.returncode for done in (unknown, failed, well, alone)] == [0, 1, 0, 1]
    assert (
        "warning: the alerts were not sent: `sources.ecommerce.alert_channels` has something"
        in unknown.stderr
    )
    for done in (failed, well, alone):
        assert "warning: channel 1 (mailto) could not be told" in done.stderr
        assert "ConnectionRefusedError" in done.stderr
    said = [done.stdout + done.stderr for done in (unknown, failed, well, alone)]
    kept = [file.read_bytes() for file in project.rglob("*") if file.is_file()]
    assert "s3cret-w0rd" not in " ".join(said)
    assert [content for content in kept if b"s3cret-w0rd" in content] == []


def test_a_wrong_address_ends_the_command_and_without_one_it_says_how_to_set_it(run_here: RunCommand) -> None:
    wrong = run_here("alert", env={CHANNELS: "pigeon://coop"})
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: `sources.ecommerce.alert_channels` has something in place 1")
    none = run_here("alert", env={CHANNELS: ""})
    assert (none.returncode, none.stderr) == (0, "")
    assert "alert_channels" in none.stdout and "Not judged" in none.stdout


def test_a_dry_run_prints_the_message_and_sends_nothing(run_command: RunCommand) -> None:
    with webhook() as hook:
        hook.status = 503
        assert run_command(*LOAD, env={**_away(), CHANNELS: hook.address}).returncode == 1
        hook.status = 200
        shown = run_command("alert", "--dry-run", env={CHANNELS: hook.address})
        assert hook.bodies == []
        assert run_command("alert", env={CHANNELS: hook.address}).returncode == 0
    assert shown.stdout.startswith(
        "Subject: [demo] the shop cannot be reached\n\nThe shop cannot be reached\n"
    )
    assert len(hook.bodies) == 1


@pytest.mark.skipif(CHROMIUM is None, reason="a mail is shown by a browser: apt-get install chromium")
def test_a_mail_that_was_received_is_shown_and_reaches_for_nothing(run_command: RunCommand) -> None:
    with mail_server() as box:
        run_command(*LOAD, env={**_away(), CHANNELS: box.address})
    asked: list[str] = []
    with browser() as page:
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(html_of(box.mails[0]))
        expect(page.get_by_role("heading", name="The shop cannot be reached")).to_be_visible()
        expect(page.get_by_role("cell", name="failed 2 times")).to_be_visible()
    assert asked == []
