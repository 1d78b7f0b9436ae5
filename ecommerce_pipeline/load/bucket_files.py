"""Files that load packages have written, in a bucket or a folder."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

import dlt
from dlt.common.storages.fsspec_filesystem import fsspec_from_config

from ecommerce_pipeline.load.lake import PARTS, QUARANTINE, VALIDATED
from ecommerce_pipeline.load.requirements import DATASET, STAGING

logger = logging.getLogger(__name__)

STAGED = (DATASET, STAGING)


def remove_staged_files(pipeline: dlt.Pipeline, packages: Collection[str]) -> None:
    """Delete the files of packages by way of which a warehouse was loaded; dlt leaves them until the next load.

    Args:
        pipeline: knows the bucket; without one nothing happens, nor where `keep_staged_files` is set.
        packages: their ids.
    """
    name = pipeline.destination.destination_name
    if pipeline.staging is None or dlt.config.get(f"destination.{name}.keep_staged_files", bool):
        return
    remove_files(pipeline.staging, packages, STAGED)


def waiting_packages(pipeline: dlt.Pipeline) -> list[str]:
    """Ids of the packages of which some files may be in the lake already."""
    return list(pipeline.list_normalized_load_packages()) if pipeline.default_schema_name else []


def discard_files(pipeline: dlt.Pipeline, packages: Collection[str]) -> None:
    """Delete what packages have left that are given up.

    Args:
        pipeline: knows the lake.
        packages: their ids; of a load that is complete nothing is deleted.
    """
    if not packages:
        return
    with pipeline.destination_client() as client:
        lake: Any = client
        complete = lake.complete_loads()
    given_up = [found for found in packages if found not in complete]
    remove_files(pipeline.destination, given_up, (VALIDATED, QUARANTINE, PARTS))


def remove_files(destination: Any, packages: Collection[str], folders: Collection[str]) -> None:
    """Delete the files of some packages; that they stay is no failure.

    Args:
        destination: of files.
        packages: ids, with which the names of their files begin.
        folders: below the destination's.
    """
    if not packages:
        return
    try:
        _remove(destination, tuple(f"{package}." for package in packages), folders)
    except Exception as error:  # the drivers of object stores raise what they like
        logger.warning("files of %s stay: %s", ", ".join(packages), error)


def opened(destination: Any) -> tuple[Any, str]:
    """The file system of a destination of files, with its credentials, and the path in it."""
    configuration = destination.configuration(destination.spec()._bind_dataset_name(DATASET))
    files, root = fsspec_from_config(configuration)
    if configuration.is_local_filesystem:  # an address has %20 where its folder has a blank
        root = configuration.make_local_path(configuration.bucket_url)
    return files, str(root).rstrip("/")


def _remove(destination: Any, starts: tuple[str, ...], folders: Collection[str]) -> None:
    files, root = opened(destination)
    there = [path for folder in folders for path in files.find(f"{root}/{folder}")]
    found = [path for path in there if path.rpartition("/")[2].startswith(starts)]
    if found:
        files.rm(found)
        logger.debug("deleted: %s", ", ".join(found))
