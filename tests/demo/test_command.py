"""The shop alone, as a person starts it."""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from ecommerce_pipeline.demo import command
from ecommerce_pipeline.demo.faults import KINDS
from ecommerce_pipeline.errors import SettingError

ROOT = Path(__file__).parents[2]
PROGRAM = """
import argparse, signal, sys
from ecommerce_pipeline.demo.command import add_arguments, serve
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs without it
parser = argparse.ArgumentParser()
add_arguments(parser)
sys.exit(serve(parser.parse_args()))
"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    command.add_arguments(made)
    return made


def test_the_shop_serves_until_ctrl_c(tmp_path: Path) -> None:
    arguments = ["--port", "0", "--folder", str(tmp_path), "--orders", "20", "--token", "abc"]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        address = lines[0].split()[6]
        response = requests.get(f"{address}/orders", headers={"Authorization": "Bearer abc"}, timeout=10)
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
    assert response.json()["total"] == 20
    assert "curl -H 'Authorization: Bearer abc'" in lines[3]


def test_every_fault_has_a_switch_and_a_sentence() -> None:
    text = parser().format_help()
    for kind in KINDS:
        assert f"--fault-{kind.replace('_', '-')} RATE" in text


def test_switches_become_options(tmp_path: Path) -> None:
    line = "--paging cursor --no-totals --faults 0.5 --fault-loop 0.1 --rate-limit 5 --sort=-id"
    shop = command._shop(parser().parse_args(["--folder", str(tmp_path), *line.split()]))
    options = shop.options
    assert (options.paging, options.totals, options.rate_limit, options.sort) == ("cursor", False, 5.0, "-id")
    assert (options.live, options.faults.loop, options.faults.html) == (True, 0.1, 0.05)


def test_a_rate_above_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--fault-reset", "5"])
    assert "expected a number from 0 to 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("switch", "value"),
    [("--orders", "-5"), ("--orders", "many"), ("--latency-seconds", "inf"), ("--rate-limit", "nan")],
)
def test_a_number_that_cannot_be_is_refused(
    switch: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args([switch, value])
    assert stopped.value.code == 2
    assert f"{switch}: '{value}', expected a number that is not negative" in capsys.readouterr().err


def test_an_option_that_is_refused_leaves_no_shop_behind(tmp_path: Path) -> None:
    arguments = parser().parse_args(["--folder", str(tmp_path / "shop"), "--page-size", "0"])
    with pytest.raises(SettingError, match="page sizes must be 1 or more"):
        command.serve(arguments)
    assert not (tmp_path / "shop").exists()


def test_a_folder_is_meant_as_it_was_typed(tmp_path: Path) -> None:
    assert parser().parse_args(["--folder", "shop"]).folder == tmp_path / "shop"


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        arguments = parser().parse_args(["--folder", str(tmp_path), "--orders", "0", "--port", port])
        with pytest.raises(SettingError, match=port):
            command.serve(arguments)


def test_rates_that_add_up_to_more_than_one_are_refused(tmp_path: Path) -> None:
    arguments = parser().parse_args(
        ["--folder", str(tmp_path), "--fault-reset", "0.7", "--fault-html", "0.7"]
    )
    with pytest.raises(SettingError, match=r"add up to 1\.40"):
        command.serve(arguments)
