"""What needs a person is told once to each channel, and once more when it is over; nothing of it is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dlt.common.pipeline import get_dlt_pipelines_dir

from ecommerce_pipeline.alerts.in_warehouse import EVENTS
from ecommerce_pipeline.alerts.late_orders import TOLD_FOR
from ecommerce_pipeline.alerts.rows import rows_of
from ecommerce_pipeline.alerts.run import Alerted, alert
from ecommerce_pipeline.alerts.work import Trouble
from ecommerce_pipeline.checks.results import CHECKS, Finding
from ecommerce_pipeline.checks.sanity.run import check
from ecommerce_pipeline.command.alerting import told_afterwards
from ecommerce_pipeline.errors import AnotherRun, DestinationFailed, SettingError, ShopUnreachable
from ecommerce_pipeline.load.destination import PIPELINE, destination_type, open_pipeline
from ecommerce_pipeline.load.journal import Journal
from ecommerce_pipeline.load.notes import Notes
from ecommerce_pipeline.load.run_ends import RunEnds
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import build
from ecommerce_pipeline.transform.changes import BUILDS
from tests.conftest import ROOT
from tests.contract.conftest import BY_SQL, OpenShop
from tests.support.answers import delayed
from tests.support.doors import Door
from tests.support.receivers import Hook, Mailbox, html_of, mail_server, text_of, webhook
from tests.support.truth import RESOURCES

VIEWS = (
    "CREATE SCHEMA ecommerce",
    "CREATE SCHEMA analytics_alerts",
    "CREATE TABLE analytics_alerts.delayed_orders (order_id bigint, customer_id bigint, status varchar(80),"
    " placed_at timestamp, due_at timestamp, days_late double precision, total_amount numeric(38, 9),"
    " currency varchar(3), delivered_at timestamp, delay_kind varchar(20))",
    "CREATE TABLE analytics_alerts.stale_sources (resource varchar(40), stale_kind varchar(40),"
    " last_run_at timestamp, last_new_row_at timestamp, longest_gap_hours double precision)",
    "CREATE TABLE analytics_alerts.rejection_spike (resource varchar(40), rejected bigint, loaded bigint,"
    " rejected_share double precision, usual_share double precision, limit_share double precision,"
    " finished_at timestamp)",
)
"""What the models give; they are built by tests of their own."""


class Night:
    """A warehouse in which things go wrong, and those who are told."""

    def __init__(self, door: Door, box: Mailbox, hook: Hook) -> None:
        self.door, self.box, self.hook = door, box, hook
        self.door.make(VIEWS)

    def late(self, *orders: int, delivered: bool = False, status: str = "shipped") -> None:
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        due, arrived = now - timedelta(days=3), f"timestamp '{now - timedelta(days=1)}'"
        self.door.make(
            [
                f"INSERT INTO analytics_alerts.delayed_orders VALUES ({order}, 7, '{status}',"
                f" timestamp '{due - timedelta(days=7)}', timestamp '{due}', {1000 - order}, 1234.5, 'EUR',"
                f" {arrived if delivered else 'NULL'}, '{'delivered late' if delivered else 'still open'}')"
                for order in orders
            ]
        )

    def in_time(self) -> None:
        self.door.make(["DELETE FROM analytics_alerts.delayed_orders"])

    def alert(self, channels: str | None = None, **options: Any) -> Alerted:
        named = f"{self.box.address}, {self.hook.address}" if channels is None else channels
        return alert(Settings(alert_channels=named), **options)

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.box.mails]

    @property
    def titles(self) -> list[str]:
        return [body["title"] for body in self.hook.bodies]


@pytest.fixture
def night(open_shop: OpenShop) -> Iterator[Night]:
    _, warehouse = open_shop()
    with ExitStack() as stack:
        yield Night(warehouse.door, stack.enter_context(mail_server()), stack.enter_context(webhook()))


@BY_SQL
def test_late_orders_are_told_once_with_the_first_ten_in_text_and_in_html(night: Night) -> None:
    night.late(*range(501, 513), status="<b>lost</b>")
    first, second = night.alert(), night.alert()
    assert (first.failed, len(first.sent), second.sent) == ({}, 2, [])
    (mail,) = night.box.mails
    assert mail["Subject"] == "[demo] 12 orders are late and still open"
    text, html = text_of(mail), html_of(mail)
    for shown in ("501", "510", "and 2 more", "1,234.50 EUR", "What to do:", "UTC"):
        assert shown in text and shown in html
    assert "511" not in text and "511" not in html
    assert "<b>lost</b>" in text and "&lt;b&gt;lost&lt;/b&gt;" in html and "<b>lost</b>" not in html
    (body,) = night.hook.bodies
    assert body["title"] == mail["Subject"] and "501 · 7 · <b>lost</b>" in body["message"]


@pytest.mark.reader
def test_the_next_mail_has_those_orders_alone_that_are_late_since_the_last(night: Night) -> None:
    night.late(1, 2)
    night.alert()
    night.late(3)
    night.alert()
    assert night.subjects == [
        "[demo] 2 orders are late and still open",
        "[demo] 1 order is late and still open",
    ]
    assert f"{'order':13}  3" in text_of(night.box.mails[1])


@pytest.mark.reader
def test_both_kinds_of_late_orders_come_in_one_mail_and_a_delivery_is_never_over(night: Night) -> None:
    night.late(1)
    night.late(2, 3, delivered=True)
    night.alert()
    night.in_time()
    night.alert()
    assert night.subjects == [
        "[demo] 1 order is late and still open; 2 orders arrived late",
        "[demo] over: none of these orders is late and open any more",
    ]


@pytest.mark.reader
def test_an_order_that_arrives_late_is_told_as_such(night: Night) -> None:
    night.late(1)
    night.alert()
    night.in_time()
    night.late(1, delivered=True)
    night.alert()
    assert night.subjects[1] == "[demo] 1 order arrived late"
    assert "none of these orders is late and open any more" in text_of(night.box.mails[1])


@pytest.mark.reader
def test_a_delivery_of_long_ago_is_no_news_and_is_not_even_read(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.late(1, delivered=True)
    night.door.make(["UPDATE analytics_alerts.delayed_orders SET delivered_at = timestamp '2020-01-01'"])
    handed_out: list[Any] = []

    def counted(*arguments: Any) -> list[dict[str, Any]] | None:
        rows = rows_of(*arguments)
        handed_out.extend(rows or [])
        return rows

    monkeypatch.setattr("ecommerce_pipeline.alerts.late_orders.rows_of", counted)
    assert night.alert().events == []
    assert handed_out == []


@pytest.mark.reader
def test_a_channel_that_failed_is_told_by_the_next_run_and_the_other_hears_nothing_twice(
    night: Night,
) -> None:
    night.late(1)
    night.hook.status = 500
    failed = night.alert()
    night.hook.status = 200
    mended, quiet = night.alert(), night.alert()
    assert list(failed.failed) == ["channel 2 (json)"] and "500" in failed.failed["channel 2 (json)"]
    assert (failed.sent, mended.sent, quiet.sent) == (["channel 1 (mailto)"], ["channel 2 (json)"], [])
    assert night.subjects == night.titles == ["[demo] 1 order is late and still open"]


@pytest.mark.reader
def test_a_mail_that_the_server_refuses_is_sent_again(night: Night) -> None:
    night.late(1)
    night.box.refuses = True
    failed = night.alert()
    night.box.refuses = False
    night.alert()
    assert "did not take the mail" in failed.failed["channel 1 (mailto)"]
    assert len(night.subjects) == 1


@pytest.mark.reader
def test_a_receiver_that_is_refused_does_not_make_the_others_of_its_address_hear_it_twice(
    night: Night,
) -> None:
    night.late(1)
    address = f"{night.box.address},gone@shop.example&cc=boss@shop.example"
    night.box.unknown = {"gone@shop.example"}
    first, second = night.alert(address), night.alert(address)
    assert [mail["To"] for mail in night.box.mails] == ["night@shop.example", "boss@shop.example"]
    assert list(first.failed) == list(second.failed) == ["channel 1.2 (mailto)"]
    night.box.unknown = set()
    assert night.alert(address).sent == ["channel 1.2 (mailto)"]
    assert night.box.mails[2]["To"] == "gone@shop.example"


@pytest.mark.reader
def test_what_is_over_is_told_once(night: Night) -> None:
    night.late(1)
    night.alert()
    night.in_time()
    ended, quiet = night.alert(), night.alert()
    assert night.titles[1:] == ["[demo] over: none of these orders is late and open any more"]
    assert [event.closed_at is not None for event in ended.events] == [True]
    assert quiet.events == []


@pytest.mark.reader
def test_what_came_and_went_while_a_channel_was_away_is_told_as_over(night: Night) -> None:
    night.late(1)
    night.hook.status = 500
    night.alert()
    night.in_time()
    night.alert()
    night.hook.status = 200
    night.alert()
    assert night.titles == ["[demo] over: none of these orders is late and open any more"]
    assert len(night.subjects) == 2


@pytest.mark.reader
def test_what_comes_again_is_told_again(night: Night) -> None:
    for _ in range(2):
        night.late(1)
        night.alert()
        night.in_time()
        night.alert()
    assert len(night.subjects) == 4


@pytest.mark.reader
def test_a_new_channel_is_told_what_is_open_and_another_password_makes_none(night: Night) -> None:
    night.late(1)
    night.alert(night.hook.address)
    night.alert(f"{night.hook.address} {night.box.address}")
    night.alert(night.hook.address.replace("://", "://user:first@"))
    night.alert(night.hook.address.replace("://", "://user:second@"))
    assert len(night.subjects) == 1
    assert len(night.titles) == 2


@pytest.mark.reader
def test_without_a_channel_events_are_kept_for_the_first_one(night: Night) -> None:
    night.late(1)
    night.alert("")
    assert night.titles == []
    night.alert(night.hook.address)
    assert night.titles == ["[demo] 1 order is late and still open"]


@pytest.mark.reader
def test_a_dry_run_shows_what_would_be_sent_and_keeps_nothing(night: Night) -> None:
    night.late(1)
    shown = [night.alert(dry_run=True), night.alert("", dry_run=True)]
    assert [[letter.subject for letter in found.letters] for found in shown] == [
        ["[demo] 1 order is late and still open"]
    ] * 2
    assert night.titles == []
    night.alert()
    assert len(night.titles) == 1


KILLED = """
import os, signal, sys
from ecommerce_pipeline.alerts.run import alert
from ecommerce_pipeline.settings import Settings

def kill(frame, event, argument):
    if event == "call" and frame.f_code.co_qualname == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(kill)
alert(Settings(alert_channels=sys.argv[1]))
"""


@pytest.mark.reader
@pytest.mark.door("duckdb")
@pytest.mark.parametrize(
    ("where", "sent_before", "sent_at_last"),
    [("InFile.told", 1, 2), ("InWarehouse.sent", 1, 1), ("Channel.send", 0, 1), ("InFile.hold", 0, 1)],
)
def test_a_kill_sends_once_more_at_most_and_loses_nothing(
    night: Night, where: str, sent_before: int, sent_at_last: int
) -> None:
    night.late(1)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, night.hook.address, where],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
        timeout=120,
    )
    assert killed.returncode == -9 and len(night.titles) == sent_before
    for _ in range(2):
        night.alert(night.hook.address)
    assert night.titles == ["[demo] 1 order is late and still open"] * sent_at_last


HOLDS = """
import sys, time, duckdb
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(120)
"""


@contextmanager
def _held() -> Iterator[None]:
    """Somebody else has the warehouse's file open."""
    configuration: Any = open_pipeline().destination_client().config
    file = str(configuration.credentials.database)
    with subprocess.Popen([sys.executable, "-c", HOLDS, file], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.kill()


@pytest.mark.reader
@pytest.mark.door("duckdb")
def test_others_may_open_the_warehouse_while_a_message_is_sent_and_nobody_is_told_twice(night: Night) -> None:
    night.late(1)
    with ExitStack() as stack:
        night.hook.meanwhile = lambda: stack.enter_context(_held())
        told = night.alert(night.hook.address, patience_seconds=0)
    night.hook.meanwhile = lambda: None
    assert (told.sent, told.away) == (["channel 1 (json)"], "")
    assert night.alert(night.hook.address).sent == []
    assert night.titles == ["[demo] 1 order is late and still open"]


@pytest.mark.reader
@pytest.mark.door("duckdb")
def test_a_load_that_keeps_failing_is_told_once_though_the_warehouse_comes_and_goes(night: Night) -> None:
    for away in (True, False, True, False):
        _ended(DestinationFailed("The load step failed."))
        with _held() if away else nullcontext():
            assert bool(night.alert(night.hook.address, patience_seconds=0).away) is away
    assert night.titles == ["[demo] the load fails"]
    _ended(None)
    for away in (True, False):
        with _held() if away else nullcontext():
            night.alert(night.hook.address, patience_seconds=0)
    assert night.titles[1:] == ["[demo] over: the load runs again"]
    assert Notes(open_pipeline(), EVENTS).find("WHERE closed_at IS NULL") == []
    assert len(Notes(open_pipeline(), EVENTS).find()) == 1


@pytest.mark.reader
def test_a_load_that_goes_well_elsewhere_does_not_end_the_failure_of_this_folder(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = os.environ["DLT_DATA_DIR"], str(Path.cwd() / "elsewhere")
    for folder, error in [(here, ShopUnreachable("GET orders failed.")), (elsewhere, None)] * 2:
        monkeypatch.setenv("DLT_DATA_DIR", folder)
        _ended(error)
        night.alert()
    assert night.subjects == ["[demo] the shop cannot be reached"]
    monkeypatch.setenv("DLT_DATA_DIR", here)
    _ended(None)
    night.alert()
    assert night.subjects[1:] == ["[demo] over: the shop is reached again"]


@pytest.mark.reader
def test_a_load_that_brought_nothing_wakes_no_warehouse_that_sleeps_unless_there_is_news_of_loads(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecommerce_pipeline.alerts.keeping.ASLEEP", (destination_type(),))
    _ended(None)
    night.alert(idle=True)
    night.late(1)
    assert night.alert(idle=True).events == []
    _ended(ShopUnreachable("GET orders failed."))
    night.alert(idle=True)
    assert night.subjects == ["[demo] the shop cannot be reached; 1 order is late and still open"]
    night.late(2)
    monkeypatch.setattr("ecommerce_pipeline.alerts.keeping.RESTS_FOR", timedelta(0))
    night.alert(idle=True)
    assert len(night.subjects) == 2


@pytest.mark.reader
def test_a_channel_that_could_not_be_told_is_told_by_the_next_load_though_it_brought_nothing(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecommerce_pipeline.alerts.keeping.ASLEEP", (destination_type(),))
    night.late(1)
    night.hook.status = 500
    night.alert()
    night.hook.status = 200
    assert night.alert(idle=True).sent == ["channel 2 (json)"]


def _stopped(channel: str, reads: bool, error: Exception) -> None:
    with told_afterwards() as telling:
        telling.begins(Settings(alert_channels=channel))
        if reads:
            telling.watching(lambda accounts: None)({})
        raise error


@pytest.mark.reader
@pytest.mark.parametrize("error", [SettingError("It is wrong."), AnotherRun("Another run works here.")])
def test_what_stops_a_load_is_told_once_it_has_begun_to_read_and_not_before(
    night: Night, error: Exception
) -> None:
    for reads in (False, True):
        with pytest.raises(type(error)):
            _stopped(night.hook.address, reads, error)
        assert night.titles == ["[demo] the load fails"][: int(reads)]
    assert str(error) in night.hook.bodies[0]["message"]


@pytest.mark.reader
def test_a_thousand_and_more_orders_are_known_again(night: Night) -> None:
    night.late(1)
    night.door.make(
        [
            "INSERT INTO analytics_alerts.delayed_orders SELECT a.n + 50 * b.n, 7, 'shipped', placed_at, due_at,"
            " 1, 1, 'EUR', NULL, 'still open' FROM analytics_alerts.delayed_orders"
            f" CROSS JOIN ({_numbers(2, 52)}) AS a CROSS JOIN ({_numbers(0, 40)}) AS b"
        ]
    )
    night.alert()
    night.alert()
    assert night.subjects == ["[demo] 2,001 orders are late and still open"]


def _numbers(first: int, end: int) -> str:
    return " UNION ALL ".join(f"SELECT {number} AS n" for number in range(first, end))


def _stale(night: Night) -> None:
    night.door.make(
        [
            "INSERT INTO analytics_alerts.stale_sources VALUES ('orders', 'no new rows',"
            " timestamp '2026-11-03 06:00:00', timestamp '2026-11-01 06:00:00', 5.5)"
        ]
    )


def _rejected(night: Night) -> None:
    night.door.make(
        [
            "INSERT INTO analytics_alerts.rejection_spike VALUES ('payments', 30, 70, 0.3, NULL, 0.05,"
            " timestamp '2026-11-03 06:00:00')"
        ]
    )


def _check(night: Night, passed: bool = False, subject: str = "orders") -> None:
    finding = Finding("row count", subject, passed, "12", "80 to 140")
    now = datetime.now(UTC)
    Notes(open_pipeline(), CHECKS).add([finding.row(now.isoformat(), now)])


def _build(night: Night, failed: str = "fct_orders, dim_customer") -> None:
    now = datetime.now(UTC)
    row = {"build_id": "1", "state": "failed" if failed else "built", "finished_at": now, "failed": failed}
    Notes(open_pipeline(), BUILDS).add([row])


@pytest.mark.reader
@pytest.mark.parametrize(
    ("happening", "subject", "texts"),
    [
        (_stale, "1 list brings nothing new for longer than usual", ("2026-11-01 06:00", "5.5 h")),
        (_rejected, "1 list has more rejected records than allowed", ("30.0%", "5.0%", "payments")),
        (_check, "1 check fails", ("row count", "80 to 140")),
        (_build, "2 models or tests of models fail", ("fct_orders", "dim_customer")),
    ],
)
def test_what_the_warehouse_tells_is_told(
    night: Night, happening: Any, subject: str, texts: tuple[str, ...]
) -> None:
    happening(night)
    night.alert()
    night.alert()
    assert night.subjects == [f"[demo] {subject}"]
    assert [text for text in texts if text not in text_of(night.box.mails[0])] == []


@pytest.mark.reader
@pytest.mark.parametrize("subject", ["orders", "customers"])
def test_a_check_that_passes_or_is_not_made_any_more_is_over(night: Night, subject: str) -> None:
    _check(night)
    night.alert()
    _check(night, passed=True, subject=subject)
    night.alert()
    assert night.subjects == ["[demo] 1 check fails", "[demo] over: the checks pass again"]


def _waits(state: str, hours: float) -> None:
    row = {"run_id": "1", "resource": "orders", "state": state}
    Journal(open_pipeline()).add([row | {"finished_at": datetime.now(UTC) - timedelta(hours=hours)}])


def _not_read(night: Night, gap_hours: str) -> None:
    """The warehouse knows no run for 40 hours, and no new row for 50."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    run, row = (f"timestamp '{now - timedelta(hours=hours)}'" for hours in (40, 50))
    night.door.make(
        [
            "INSERT INTO analytics_alerts.stale_sources VALUES"
            f" ('orders', 'no run went well', {run}, {row}, {gap_hours})"
        ]
    )


@pytest.mark.reader
@pytest.mark.parametrize(
    ("state", "hours", "gap_hours", "stays_away"),
    [
        ("nothing_new", 1, "30", ""),
        ("nothing_new", 1, "5", "no new rows"),
        ("nothing_new", 1, "NULL", "no new rows"),
        ("nothing_new", 27, "30", "no run went well"),
        ("failed", 1, "30", "no run went well"),
    ],
)
def test_a_run_that_found_nothing_new_has_gone_well_before_the_warehouse_knows_it(
    night: Night, state: str, hours: float, gap_hours: str, stays_away: str
) -> None:
    _not_read(night, gap_hours)
    _waits("nothing_new", 30)
    _waits(state, hours)
    _waits("nothing_new", 35)
    rows = [row for event in night.alert().events for row in event.rows]
    assert [row[1] for row in rows] == ([stays_away] if stays_away else [])


@pytest.mark.reader
def test_what_a_scheduler_says_of_a_job_is_over_when_it_says_so_of_that_job_alone(night: Night) -> None:
    night.alert(troubles=[Trouble("verify", "Run 7 of verify failed: rows differ")])
    assert night.subjects == ["[demo] a scheduler's run is late or has failed"]
    for trouble in (None, Trouble("hourly"), Trouble("verify", "Run 8 of verify failed too")):
        night.alert(troubles=[trouble] if trouble else [])
    assert len(night.subjects) == 1
    night.alert(troubles=[Trouble("verify")])
    assert night.subjects[1:] == ["[demo] over: the scheduler's runs end well again"]


@pytest.mark.reader
def test_a_build_that_goes_well_is_the_end_of_the_failed_one(night: Night) -> None:
    _build(night)
    night.alert()
    _build(night, failed="")
    night.alert()
    assert night.subjects[1:] == ["[demo] over: the models are built again"]


@pytest.mark.reader
def test_views_that_are_gone_end_nothing(night: Night) -> None:
    night.late(1)
    night.alert()
    night.door.make(["DROP TABLE analytics_alerts.delayed_orders"])
    found = night.alert()
    assert len(night.subjects) == 1
    assert "late orders" in [kind.topic for kind in found.unjudged]


@pytest.mark.reader
@pytest.mark.door("duckdb", "postgres")  # the emulation tells a missing column as a missing table
def test_a_view_that_cannot_be_read_keeps_nothing_else_from_being_told(
    night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    night.late(1)
    night.door.make(["ALTER TABLE analytics_alerts.stale_sources DROP COLUMN last_run_at"])
    found = night.alert()
    assert night.subjects == ["[demo] 1 order is late and still open"]
    assert found.away == "" and "lists without new rows" in [kind.topic for kind in found.unjudged]
    assert "alerts of stale_sources are left out" in caplog.text


def _ended(error: Exception | None) -> None:
    ends = RunEnds(Path(get_dlt_pipelines_dir()), PIPELINE)
    with pytest.raises(type(error)) if error else nullcontext(), ends.watching():
        if error:
            raise error


@pytest.mark.reader
def test_another_failure_does_not_say_that_the_shop_is_reached_again(night: Night) -> None:
    _ended(ShopUnreachable("GET orders failed 6 times."))
    night.alert()
    _ended(DestinationFailed("The load step failed."))
    night.alert()
    assert night.subjects == ["[demo] the shop cannot be reached", "[demo] the load fails"]
    _ended(None)
    night.alert()
    over = text_of(night.box.mails[2])
    assert "the shop is reached again" in over and "the load runs again" in over


@pytest.mark.reader
def test_where_no_load_has_ended_events_of_loads_stay_as_they_are(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended(ShopUnreachable("GET orders failed 6 times."))
    night.alert()
    monkeypatch.setenv("DLT_DATA_DIR", str(Path.cwd() / "elsewhere"))
    assert night.alert().sent == []
    assert len(night.subjects) == 1


@pytest.mark.reader
def test_what_was_told_while_there_was_no_warehouse_is_known_to_it_later(open_shop: OpenShop) -> None:
    open_shop()
    _ended(ShopUnreachable("GET orders failed 6 times."))
    with webhook() as hook:
        settings = Settings(alert_channels=hook.address)
        early, again = alert(settings), alert(settings)
        with open_pipeline().sql_client() as client:
            client.create_dataset()
        late, later = alert(settings), alert(settings)
        _ended(None)
        over = alert(settings)
    assert [len(found.sent) for found in (early, again, late, later, over)] == [1, 0, 0, 0, 1]
    assert len(hook.bodies) == 2


@pytest.mark.reader
@pytest.mark.door("duckdb")
def test_a_lake_tells_of_its_loads(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop()
    monkeypatch.setenv("PIPELINES__ECOMMERCE__DESTINATION_TYPE", "filesystem")
    monkeypatch.delenv("DESTINATION__RAW__CREDENTIALS")
    monkeypatch.setenv("DESTINATION__RAW__BUCKET_URL", str(Path.cwd() / "lake"))
    with webhook() as hook:
        for error in (ShopUnreachable("GET orders failed 6 times."), None):
            _ended(error)
            for _ in range(2):
                assert alert(Settings(alert_channels=hook.address)).failed == {}
    assert [body["title"] for body in hook.bodies] == [
        "[demo] the shop cannot be reached",
        "[demo] over: the shop is reached again",
    ]


@pytest.mark.door("duckdb", "postgres")
def test_the_models_and_checks_tell_of_every_kind_and_of_each_late_order(open_shop: OpenShop) -> None:
    shop, warehouse = open_shop(sizes={"customers": 20, "products": 10, "orders": 40})
    with shop.serve() as address, webhook() as hook:
        _ended(None)
        warehouse.run(address)
        settings = warehouse.settings(address, warehouse.profile(), alert_channels=hook.address)
        assert build(settings).failed == [] and check(settings).failed == []
        found = alert(settings)
    truth: dict[str, Any] = {name: shop.truth(name) for name in RESOURCES}
    news_since = datetime.now(UTC) - TOLD_FOR
    recent = {
        str(parcel["order_id"])
        for parcel in truth["deliveries"]
        if parcel["delivered_at"] and datetime.fromisoformat(parcel["delivered_at"]) > news_since
    }
    late = {
        order
        for order, how in delayed(truth, datetime.now(UTC)).items()
        if how == "still open" or order in recent
    }
    told = {name for event in found.events if event.kind.topic.startswith("late") for name in event.members}
    assert found.unjudged == []
    assert told == late and len(told) > 1
    assert len(hook.bodies) == 1
