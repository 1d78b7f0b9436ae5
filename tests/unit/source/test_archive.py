"""The archive forgets its own old days and nothing else."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

from ecommerce_pipeline.source.archive import Archive


def test_only_old_days_of_our_resources_are_deleted(tmp_path: Path) -> None:
    for name in ("orders/2026-01-01", "orders/2026-11-20", "orders/not-a-day", "photos/2026-01-01"):
        (tmp_path / name).mkdir(parents=True)
    archive = Archive(str(tmp_path), "run", datetime(2026, 11, 21, tzinfo=UTC))
    archive.expire(date(2026, 11, 21), days=30)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")}
    assert left == {"orders/2026-11-20", "orders/not-a-day", "photos/2026-01-01"}


def test_zero_days_keep_everything(tmp_path: Path) -> None:
    (tmp_path / "orders/2000-01-01").mkdir(parents=True)
    assert (
        Archive(str(tmp_path), "run", datetime(2026, 11, 21, tzinfo=UTC)).expire(date(2026, 11, 21), 0) == []
    )


def test_files_that_a_kill_left_half_written_are_discarded_and_whole_ones_stay(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), "run", datetime(2026, 3, 1, 0, 5, tzinfo=UTC))
    for day in ("2026-03-01", "2026-02-28"):
        folder = tmp_path / "orders" / day / "earlier"
        folder.mkdir(parents=True)
        for name in ("000001.json.gz", "000002.json.gz.part"):
            (folder / name).write_bytes(b"")
    assert len(archive.discard_unfinished()) == 2
    assert sorted(path.name for path in tmp_path.rglob("*.gz*")) == ["000001.json.gz"] * 2
    assert archive.discard_unfinished() == []


def test_a_page_that_came_compressed_is_kept_as_it_came(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), "run", datetime(2026, 3, 1, tzinfo=UTC))
    packed = gzip.compress(b"[1]", 9)
    archive.keep("orders", b"[1]", packed)
    archive.keep("orders", b"[2]")
    first, second = sorted(tmp_path.rglob("*.gz"))
    assert first.read_bytes() == packed
    assert gzip.decompress(second.read_bytes()) == b"[2]"


def test_pages_of_many_threads_are_all_kept(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), "run", datetime(2026, 3, 1, tzinfo=UTC))
    bodies = [f"[{number}]".encode() for number in range(300)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: archive.keep("orders", body), bodies))
    assert sorted(gzip.decompress(path.read_bytes()) for path in tmp_path.rglob("*.gz")) == sorted(bodies)
    assert list(tmp_path.rglob("*.part")) == []
