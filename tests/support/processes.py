"""The pipeline at work in a process of its own, killed at a call or left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ecommerce_pipeline.demo import DemoShop
from tests.conftest import ROOT
from tests.support.warehouse import Warehouse


def in_a_process(
    shop: DemoShop, warehouse: Warehouse, profile: Path, work: str = "load", after: int | str = 0
) -> int:
    """How many calls the work made, 0 where it was killed.

    Args:
        shop: is served.
        warehouse: whose folder and environment it works in.
        profile: of the shop.
        work: one of `killed.WORK`.
        after: the number of the call at which it is killed, or the name of the function; 0 for never.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.support.killed",
            work,
            str(after),
            shop.start(),
            profile,
            shop.options.token,
        ],
        cwd=ROOT,
        env=os.environ | {"ARCHIVE": str(warehouse.folder / "archive")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode not in (0, -9):
        raise RuntimeError(done.stderr)
    return int(done.stdout.splitlines()[-1]) if done.returncode == 0 else 0
