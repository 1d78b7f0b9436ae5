"""Processes of this machine, as /proc tells of them."""

from __future__ import annotations

from pathlib import Path


def working_in(folder: Path, *words: str) -> list[int]:
    """Ids of the processes that work in a folder and whose command has all of some words."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            here = (process / "cwd").readlink() == folder
        except OSError:  # it has ended meanwhile, or is another user's
            continue
        if here and set(words) <= set(command):
            found.append(int(process.name))
    return found
