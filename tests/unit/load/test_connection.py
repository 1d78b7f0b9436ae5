"""DuckDB keeps within bounds while it loads, and only then, unless somebody set others."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from dlt.destinations.exceptions import DatabaseException

from ecommerce_pipeline.load.connection import file_kept_open
from ecommerce_pipeline.load.duckdb_bounds import bounds_for
from tests.support.disk import small_disk

SETTINGS = "SELECT current_setting('threads'), current_setting('memory_limit')"


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dlt.Pipeline:
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "raw.duckdb"))
    return dlt.pipeline("bounded", destination="duckdb", dataset_name="rows", pipelines_dir=str(tmp_path))


def _settings(pipeline: dlt.Pipeline) -> tuple[Any, ...]:
    with pipeline.sql_client() as client:
        [found] = client.execute_sql(SETTINGS) or []
    return tuple(found)


def test_what_is_freed_goes_back_at_once(pipeline: dlt.Pipeline) -> None:
    kept = "SELECT current_setting('allocator_bulk_deallocation_flush_threshold')"
    with file_kept_open(pipeline), pipeline.sql_client() as client:
        assert client.execute_sql(kept) == [("7.6 MiB",)]
    with pipeline.sql_client() as client:
        assert client.execute_sql(kept) == [("512.0 MiB",)]


def test_while_the_file_is_kept_open_memory_is_bounded_for_every_connection(pipeline: dlt.Pipeline) -> None:
    free = _settings(pipeline)
    with file_kept_open(pipeline):
        assert _settings(pipeline) == (1, "106.8 MiB")
    assert _settings(pipeline) == free


USUAL, MORE = (1, "106.8 MiB"), (2, "953.6 MiB")


@pytest.mark.parametrize(
    ("rows", "kilobytes", "found"),
    [(50_000, 1, USUAL), (132_000, 1, MORE), (3, 1_024, USUAL), (5, 1_024, MORE)],
)
def test_a_large_package_and_long_rows_have_more_memory(
    pipeline: dlt.Pipeline, rows: int, kilobytes: int, found: tuple[int, str]
) -> None:
    texts = [{"id": number, "text": f"{number:08}" * (kilobytes * 128)} for number in range(rows)]
    pipeline.extract(texts, table_name="texts", loader_file_format="parquet")
    pipeline.normalize()
    with file_kept_open(pipeline, bounds_for(pipeline)):
        assert _settings(pipeline) == found


def test_a_connection_beside_ours_has_its_own_settings_back(pipeline: dlt.Pipeline, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as beside:
        beside.execute("SET GLOBAL memory_limit = '2GiB'; SET GLOBAL threads = 3")
        with file_kept_open(pipeline):
            pass
        assert beside.execute(SETTINGS).fetchone() == (3, "2.0 GiB")


@pytest.mark.parametrize("busy", [False, True])
def test_the_log_is_written_into_the_file_before_the_bounds_end_unless_somebody_else_is_writing(
    pipeline: dlt.Pipeline, tmp_path: Path, busy: bool
) -> None:
    log = tmp_path / "raw.duckdb.wal"
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as beside:
        beside.execute("CREATE TABLE others (x INTEGER); CHECKPOINT")
        with file_kept_open(pipeline), pipeline.sql_client() as client:
            client.execute_sql("CREATE TABLE ours AS SELECT 1 AS x")
            assert log.exists()
            beside.execute("BEGIN; CREATE TABLE more (x INTEGER)" if busy else "SELECT 1")
        assert log.exists() == busy


@pytest.mark.parametrize("name", ["memory_limit", "MAX_MEMORY"])
def test_a_limit_that_somebody_set_stays(
    pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS__GLOBAL_CONFIG", f'{{"{name}": "3GB"}}')
    with file_kept_open(pipeline):
        assert _settings(pipeline) == (1, "2.7 GiB")


def test_a_log_that_a_full_disk_has_no_room_for_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk") as disk, ExitStack() as kept:
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(disk.folder / "raw.duckdb"))
        pipeline = dlt.pipeline(
            "full", destination="duckdb", dataset_name="rows", pipelines_dir=str(tmp_path)
        )
        kept.enter_context(file_kept_open(pipeline))
        with pipeline.sql_client() as client:
            client.execute_sql("CREATE TABLE texts AS SELECT md5(i::VARCHAR) AS text FROM range(20000) t(i)")
        with disk.filled(16 * 1024), pytest.raises(DatabaseException, match="No space left on device"):
            kept.close()
