"""Commands beside the load: what they print and their exit codes."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.conftest import RunCommand


def test_damage_is_named_and_mended_and_rejections_are_judged_again(
    project: Path, run_command: RunCommand
) -> None:
    assert run_command("--resources", "payments").returncode == 0
    with duckdb.connect(str(project / "raw.duckdb")) as warehouse:
        warehouse.execute("DELETE FROM ecommerce.payments WHERE id <= 12")
    found = run_command("verify", "--resources", "payments")
    mended = run_command("--resources", "payments", "verify", "--repair")
    replayed = run_command("replay", "--resources", "payments")
    with duckdb.connect(str(project / "raw.duckdb")) as warehouse:
        warehouse.execute(
            "INSERT INTO ecommerce.payments SELECT * REPLACE (987654 AS id, 'gone' AS _dlt_id)"
            " FROM ecommerce.payments WHERE _deleted_at IS NULL LIMIT 1"
        )
    deleted = run_command("verify", "--resources", "payments")
    assert found.returncode == 1
    assert (mended.returncode, replayed.returncode) == (0, 0)
    assert "payments missing: " in found.stdout
    assert "and 2 more" in found.stdout
    assert "verify --repair" in found.stdout
    assert "read again" in mended.stdout
    assert deleted.returncode == 1
    assert "payments extra: 987654" in deleted.stdout
    assert "sweep` marks them as deleted" in deleted.stdout
    assert "0 rejected records keep the contract now" in replayed.stdout
