"""The archive keeps pages in bundles, gives them back in order, and forgets its own old days and nothing else."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.replay.archive_files import archived_files, pages_in
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source import archive as module
from ecommerce_pipeline.source.archive import Archive
from ecommerce_pipeline.source.run_id import new_run_id

STARTED = datetime(2026, 3, 1, tzinfo=UTC)


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
    archive = Archive(str(tmp_path), "run", STARTED)
    packed = gzip.compress(b"[1]", 9)
    archive.keep("orders", b"[1]", packed)
    archive.keep("orders", b"[2]")
    archive.flush()
    [file] = tmp_path.rglob("*.gz")
    assert file.read_bytes().startswith(packed)
    assert gzip.decompress(file.read_bytes()) == b"[1][2]"


def test_pages_of_many_threads_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUNDLE_BYTES", 100)
    archive = Archive(str(tmp_path), "run", STARTED)
    bodies = [f"[{number}]".encode() for number in range(300)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: archive.keep("orders", body), bodies))
    archive.flush()
    files = sorted(tmp_path.rglob("*.gz"))
    assert len(files) > 50
    assert sorted(body for file in files for body in pages_in(file.read_bytes())) == sorted(bodies)
    assert list(tmp_path.rglob("*.part")) == []


def test_pages_come_back_in_the_order_in_which_they_were_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUNDLE_BYTES", 200)
    archive = Archive(str(tmp_path), new_run_id(STARTED), STARTED)
    bodies = [f"[{number}]".encode() for number in range(100)]
    for body in bodies:
        archive.keep("orders", body)
    archive.flush()
    files = list(archived_files(str(tmp_path), "orders", Window()))
    assert len(files) > 5
    assert [body for file in files for body in pages_in(file.read())] == bodies


def test_a_page_that_could_not_be_written_is_written_once_there_is_room(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), "run", STARTED)
    archive.keep("orders", b"[1]")
    (tmp_path / "orders").write_bytes(b"a file in the folder's place")
    with pytest.raises(DestinationFailed, match="cannot be written"):
        archive.flush()
    (tmp_path / "orders").unlink()
    archive.flush()
    [file] = tmp_path.rglob("*.gz")
    assert list(pages_in(file.read_bytes())) == [b"[1]"]


@pytest.mark.parametrize("end", [b"\x1f\x8b", b"junk"])
def test_pages_before_a_damage_are_given(end: bytes) -> None:
    pages = pages_in(gzip.compress(b"[1]") + gzip.compress(b"[2]") + end)
    assert [next(pages), next(pages)] == [b"[1]", b"[2]"]
    with pytest.raises((EOFError, zlib.error)):
        next(pages)


@pytest.mark.parametrize("place", [3, 12, 20])
def test_a_page_that_is_damaged_costs_no_other(place: int) -> None:
    pages = [gzip.compress(body) for body in (b"[1]", b"[22]" * 9, b"[3]")]
    damaged = bytearray(pages[1])
    damaged[place] ^= 0xFF
    content = pages[0] + bytes(damaged) + pages[2]
    assert list(_until_damage(content)) == [b"[1]", b"[3]"]
    with pytest.raises((EOFError, zlib.error)):
        list(pages_in(content))


def _until_damage(content: bytes) -> Iterator[bytes]:
    with contextlib.suppress(EOFError, zlib.error):
        yield from pages_in(content)


@pytest.mark.parametrize("cut", [1, 8, 15])
def test_a_file_that_ends_in_the_middle_of_a_page_is_damaged(cut: int) -> None:
    with pytest.raises(EOFError):
        list(pages_in(gzip.compress(b"[1]") + gzip.compress(b"[2]")[:-cut]))
