"""Which working folder on which machine it was: several may load into one warehouse."""

from __future__ import annotations

import hashlib
import platform
import sys
from pathlib import Path

MACHINE = Path("/etc/machine-id")
"""Stays while names of containers change with each start; an image has one for all of them, or none."""


def loads_of(folder: Path) -> str:
    """How the loads of a working folder are called among those whom an event concerns.

    Args:
        folder: where the pipelines of a project keep their state.
    """
    try:
        machine = MACHINE.read_text("utf-8").strip()
    except OSError:
        machine = "" if sys.platform == "linux" else platform.node()
    return f"load {hashlib.sha256(f'{machine} {folder.resolve()}'.encode()).hexdigest()[:12]}"
