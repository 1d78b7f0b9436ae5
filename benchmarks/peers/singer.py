"""A Singer tap whose records a DuckDB target takes in. Usage: singer.py ADDRESS DATABASE."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main(address: str, database: str) -> int:
    """Pipe one into the other.

    Returns:
        0 where both ended well.
    """
    tap_settings, target_settings = Path("tap.json"), Path("target.json")
    tap_settings.write_text(json.dumps({"address": address}), "utf-8")
    target_settings.write_text(
        json.dumps({"path": database, "default_target_schema": "shop", "data_flattening_max_level": 2}),
        "utf-8",
    )
    tap = [sys.executable, str(Path(__file__).with_name("tap.py")), "--config", str(tap_settings)]
    target = [str(Path(sys.executable).with_name("target-duckdb")), "--config", str(target_settings)]
    with subprocess.Popen(tap, stdout=subprocess.PIPE) as source:
        taken = subprocess.run(target, stdin=source.stdout, check=False)
    return source.returncode or taken.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
