"""The shop as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent


class ServedShop:
    """A running shop; leaving the `with` block ends it.

    Args:
        rows: of all lists together.
        latency_ms: how long each answer is held back.
    """

    def __init__(self, rows: int, latency_ms: float = 0) -> None:
        command = [
            sys.executable,
            "-m",
            "benchmarks.server",
            "--rows",
            str(rows),
            "--latency",
            str(latency_ms),
        ]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._generation = 0
        self._listen()

    def turn_to(self, generation: int) -> None:
        """Serve the data of another generation at the same address."""
        if generation != self._generation:
            self._say(f"generation {generation}")
            self._generation = generation

    def __enter__(self) -> ServedShop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        self._listen()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.address = f"http://127.0.0.1:{told['port']}/api"
        self.truth: dict[str, int] = told["truth"]
