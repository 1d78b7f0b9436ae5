"""Snowflake loads by way of a bucket: the same rows, and nothing of them stays there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import fsspec
import pytest

from tests.contract.conftest import OpenShop
from tests.support.clouds import s3
from tests.support.doors.snowflake import control
from tests.support.truth import differences

pytestmark = pytest.mark.door("snowflake")


def test_rows_come_by_way_of_a_bucket_and_leave_it(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shop, warehouse = open_shop()
    server: Any = warehouse.door
    with s3(monkeypatch, tmp_path) as bucket, shop.serve() as address:
        monkeypatch.setenv("PIPELINES__ECOMMERCE__STAGING_TYPE", "filesystem")
        monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", f"{bucket}/staging/")
        monkeypatch.setenv(
            "DESTINATION__FILESYSTEM__CREDENTIALS__ENDPOINT_URL", os.environ["AWS_ENDPOINT_URL"]
        )
        monkeypatch.setenv("DESTINATION__RAW__STAGE_NAME", "RAW.PUBLIC.LOADING")
        external = {"RAW.PUBLIC.LOADING": f"{bucket}/staging", "endpoint": os.environ["AWS_ENDPOINT_URL"]}
        control(server.address, external=external)
        warehouse.run(address)
        for _ in range(20):
            shop.touch_random()
        warehouse.run(address)
        statements = control(server.address)["statements"]
        files, root = fsspec.core.url_to_fs(f"{bucket}/staging/")
        files.invalidate_cache()
        left = files.find(root)
    assert differences(shop, warehouse.database) == []
    assert not [text for text in statements if text.startswith("PUT")]
    assert [text for text in statements if "FROM @RAW.PUBLIC.LOADING" in text]
    assert not [text for text in statements if "FILES = ('/" in text]
    assert [path for path in left if path.endswith((".parquet", ".jsonl", ".gz"))] == []
