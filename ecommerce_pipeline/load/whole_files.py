"""Files that are whole or not there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any


def put_whole(files: Any, write: Callable[[str], Any], path: str, part: str) -> None:
    """Make a file that is whole or not there: object stores have no others, a folder gets it under its name last.

    Args:
        files: fsspec's file system.
        write: makes the file at the path that it is given.
        path: of the file.
        part: where it is while it is written, in a folder.
    """
    if "file" not in files.protocol:
        write(path)
        return
    for name in (part, path):  # on an object store this would make a bucket that was misspelt
        files.makedirs(os.path.dirname(name), exist_ok=True)  # noqa: PTH120  # a path of fsspec's
    write(part)
    files.mv(part, path)


def read_json(file: Path) -> dict[str, Any]:
    """What a file of ours holds; nothing where it is missing or cannot be read."""
    try:
        noted: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return noted


def write_json(file: Path, noted: Mapping[str, Any]) -> None:
    """Put a file of ours in place of the one before, instants as ISO texts; its folder is there."""
    half = file.with_suffix(f".{os.getpid()}")
    half.write_text(json.dumps(noted, default=datetime.isoformat), "utf-8")
    half.replace(file)
