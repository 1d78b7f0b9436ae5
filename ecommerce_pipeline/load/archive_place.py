"""Where the archive of pages is: as it is set, at the address of the lake, or in a folder of this machine."""

from __future__ import annotations

from typing import Any

from ecommerce_pipeline.load.bucket_files import opened
from ecommerce_pipeline.load.destination import is_lake, open_destination
from ecommerce_pipeline.settings import Settings

FOLDER = "data/archive"
RAW = "raw"
"""The lake's folder of pages as they came, beside those of its tables."""


def archive_place(settings: Settings) -> tuple[str, tuple[Any, str] | None]:
    """The archive's address, and where it is in the lake, the file system of that and the path in it.

    Args:
        settings: may name an address, which then counts.
    """
    if settings.archive_address or not is_lake():
        return settings.archive_address or FOLDER, None
    files, root = opened(open_destination())
    path = f"{root}/{RAW}"
    if "file" in files.protocol:  # object stores have no folders
        files.makedirs(path, exist_ok=True)
    return files.unstrip_protocol(path), (files, path)
