"""A small disk that can be filled."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

AS_ROOT = () if os.getuid() == 0 else ("sudo", "--non-interactive")


class SmallDisk:
    """A file system of its own.

    Args:
        folder: where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def filled(self, free_bytes: int) -> Iterator[None]:
        """Inside the block so many bytes are left, to the next whole block."""
        ballast = self.folder / "ballast"
        found = os.statvfs(self.folder)
        size = max(0, found.f_bavail * found.f_frsize - free_bytes)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, size))
        try:
            yield
        finally:
            ballast.unlink()


@contextlib.contextmanager
def small_disk(folder: Path, size: str = "48m") -> Iterator[SmallDisk]:
    """A disk in memory that is gone afterwards; where none may be mounted, the test is skipped and says so."""
    folder.mkdir()
    options = f"size={size},uid={os.getuid()}"
    mounted = subprocess.run(
        [*AS_ROOT, "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a full disk: mounting one needs root")
    try:
        yield SmallDisk(folder)
    finally:
        os.chdir(folder.parent)  # nothing can be done in a folder that is gone
        subprocess.run([*AS_ROOT, "umount", "-l", str(folder)], capture_output=True, check=True)
