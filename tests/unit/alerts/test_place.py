"""Loads of one folder are called the same each time, and others otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecommerce_pipeline.alerts import place


def test_folders_and_machines_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = tmp_path / "machine-id"
    monkeypatch.setattr(place, "MACHINE", machine)
    names = []
    for known in ("", "one", "two", "one"):
        machine.write_text(known, "utf-8")
        names += [place.loads_of(tmp_path), place.loads_of(tmp_path / "other")]
    assert len(set(names)) == 6
    assert names[2:4] == names[6:8]


def test_a_container_that_is_started_anew_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "MACHINE", tmp_path / "missing")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.node", lambda: "first")
    first = place.loads_of(tmp_path)
    monkeypatch.setattr("platform.node", lambda: "second")
    assert place.loads_of(tmp_path) == first
