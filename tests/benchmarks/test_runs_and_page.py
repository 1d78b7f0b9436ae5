"""The benchmark measures, notices a warehouse that is wrong, and writes its page."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.page import PAGE, TEXT, write_page
from benchmarks.plan import PLAN, Part, chosen
from benchmarks.results import Case, Invocation, Run, failures, saved
from benchmarks.running import run_part
from benchmarks.targets import TARGETS

ROWS = 1_850
LAST_TAG = "(SELECT * FROM main.orders__tags OFFSET 1)"


def run_tiny(*contenders: str) -> list[Run]:
    return run_part(Part("tiny", ROWS, 0, contenders), lambda run: None)


def takes(contender: str, wall_s: float, **case: int) -> Run:
    shape = {"rows": 370_000, "latency_ms": 0} | case
    return Run(
        Case(scenario="first", contender=contender, **shape), wall_s, wall_s, 100.0, shape["rows"], {}, ""
    )


def test_this_pipeline_and_the_limit_load_the_truth() -> None:
    runs = run_tiny("ours", "limit")
    assert [(run.case.contender, run.off, run.failure) for run in runs] == [
        ("ours", {}, ""),
        ("limit", {}, ""),
    ]
    assert all(run.wall_s > 0 and run.cpu_s > 0 and run.peak_mb > 10 for run in runs)


def test_a_row_that_is_missing_and_a_table_that_is_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"orders__tags": LAST_TAG, "customers": "main.nobody"}
    monkeypatch.setitem(CONTENDERS, "limit", replace(CONTENDERS["limit"], tables=tables))
    [run] = run_tiny("limit")
    assert run.off == {"orders__tags": -1, "customers": None}


def test_a_run_that_fails_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Contender(
        "limit", "fails", lambda address: (sys.executable, "-c", "raise SystemExit('no room')")
    )
    monkeypatch.setitem(CONTENDERS, "limit", failing)
    runs = run_tiny("limit")
    assert [run.failure for run in runs] == ["exit code 1: no room"]
    assert Invocation("2026-01-01T00:00:00Z", {}, runs).cases == {}


def test_the_page_and_its_picture_show_what_was_kept(tmp_path: Path) -> None:
    wrong = replace(takes("script", 20.0), off={"order_totals": -150, "orders": None})
    failed = replace(takes("singer", 1.0), failure="exit code 1: no room")
    runs = [takes("ours", 10.0), wrong, failed]
    Invocation("2026-01-01T00:00:00Z", {"cores": "2", "ours": "dlt 1"}, runs).save(tmp_path / "results")
    page = write_page(saved(tmp_path / "results"), tmp_path / "performance.md")
    text = page.read_text("utf-8")
    assert "| this pipeline | 10.0 | 10.0 | 37,000 | 100 | 1 | right |" in text
    assert "`order_totals` -1.50, `orders` is missing" in text
    assert "370,000 rows, 0 ms, first load) failed." in text
    assert "| 2.00 | met |" in text and "not measured" in text and "<!--" not in text
    assert ElementTree.parse(page.with_suffix(".svg")).getroot().tag.endswith("svg")


def test_the_page_says_what_its_text_says_now() -> None:
    written = PAGE.read_text("utf-8").splitlines()
    text = [line for line in TEXT.read_text("utf-8").splitlines() if not line.startswith("<!-- ")]
    assert len(text) > 50
    assert [line for line in text if line not in written] == []


def test_a_run_that_failed_is_told_until_a_later_call_has_shown_it_to_work() -> None:
    good = takes("ours", 10.0)
    failed = replace(good, failure="exit code 1: no room")
    first = Invocation("2026-01-01T00:00:00Z", {}, [failed, good, good])
    assert list(failures([first])) == [failed]
    assert list(failures([first, Invocation("2026-01-02T00:00:00Z", {}, [takes("script", 1.0)])])) == [failed]
    assert list(failures([first, Invocation("2026-01-03T00:00:00Z", {}, [good])])) == []


def test_a_ratio_only_uses_runs_of_one_call() -> None:
    ours, script = takes("ours", 10.0), takes("script", 20.0)
    apart = [Invocation("2026-01-01T00:00:00Z", {}, [ours]), Invocation("2026-01-02T00:00:00Z", {}, [script])]
    together = Invocation("2026-01-03T00:00:00Z", {}, [ours, script])
    target = next(
        target for target in TARGETS if {case.contender for case in target.cases} == {"ours", "script"}
    )
    assert target.value(apart) is None
    assert target.value([*apart, together]) == 2.0


def test_every_target_is_measured_by_the_plan() -> None:
    planned = {
        Case(part.rows, part.latency_ms, scenario, name)
        for part in PLAN
        for name in part.contenders
        for scenario in part.scenarios_of(name)
    }
    assert [target.words for target in TARGETS if not planned.issuperset(target.cases)] == []


def test_options_say_what_is_run() -> None:
    assert chosen([], [], [], [], [], None) == list(PLAN)
    [part] = chosen([], ["ours", "limit"], [37_000], [], ["changed", "nothing"], 3)
    assert (part.contenders, part.rows, part.latency_ms, part.rounds) == (("ours", "limit"), 37_000, 0, 3)
    assert part.scenarios_of("ours") == ("changed", "nothing")
