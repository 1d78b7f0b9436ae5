"""Files in a bucket by way of which a warehouse was loaded."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

import dlt
from dlt.common.storages.fsspec_filesystem import fsspec_from_config

from ecommerce_pipeline.load.destination import DATASET

logger = logging.getLogger(__name__)

FOLDERS = (DATASET, f"{DATASET}_staging")


def remove_staged_files(pipeline: dlt.Pipeline, packages: Collection[str]) -> None:
    """Delete the files of packages that are loaded; dlt would leave them until the next load of their table.

    Args:
        pipeline: knows the bucket; without one nothing happens, nor where `keep_staged_files` is set.
        packages: their ids, with which the names of their files begin.
    """
    name = pipeline.destination.destination_name
    if (
        pipeline.staging is None
        or not packages
        or dlt.config.get(f"destination.{name}.keep_staged_files", bool)
    ):
        return
    try:
        for path in _files_of(pipeline.staging, packages):
            logger.debug("deleted from the stage: %s", path)
    except Exception as error:  # the drivers of object stores raise what they like, and the rows are loaded
        logger.warning("files of %s stay in the stage: %s", ", ".join(packages), error)


def _files_of(staging: Any, packages: Collection[str]) -> list[str]:
    """Their paths, deleted."""
    files, root = fsspec_from_config(staging.configuration(staging.spec()._bind_dataset_name(DATASET)))
    starts = tuple(f"{package}." for package in packages)
    there = [path for folder in FOLDERS for path in files.find(f"{root.rstrip('/')}/{folder}")]
    found = [path for path in there if path.rpartition("/")[2].startswith(starts)]
    if found:
        files.rm(found)
    return found
