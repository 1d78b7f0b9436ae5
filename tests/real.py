"""`make real`: a real retailer's year, loaded whole, compared with the data set itself.

The shop is served by one process, the pipeline runs in another, so that the memory printed is the
pipeline's own. Counts and sums of the data set are worked out from its files, not from the shop.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import duckdb

from ecommerce_pipeline.demo.real import figures

ROOT = Path(__file__).resolve().parent.parent
PAGE_SIZE = 1000
SUMS = {
    "quantity": "SELECT sum(quantity) FROM ecommerce.order_items",
    "line_amount": "SELECT sum(line_amount) FROM ecommerce.order_items",
    "line_discount": "SELECT sum(discount_amount) FROM ecommerce.order_items",
    "order_discount": "SELECT sum(discount_amount) FROM ecommerce.orders",
    "order_total": "SELECT sum(total_amount) FROM ecommerce.orders",
}


def main() -> int:
    """Serve, load, compare; returns 0 when all counts and sums are equal."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(
            ROOT / ".dlt", Path(folder) / ".dlt", ignore=shutil.ignore_patterns(".var", "secrets.toml")
        )
        shop = subprocess.Popen(
            [sys.executable, "pipelines.py", "demo", "--real"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        shutil.copy(ROOT / "pipelines.py", folder)
        try:
            seconds, megabytes, code = _load(Path(folder), _address(shop))
        finally:
            shop.terminate()
            shop.wait()
        equal = code == 0 and _compare(Path(folder) / "raw.duckdb")
    print(f"{seconds:.0f} s, peak memory {megabytes:.0f} MB, {'all equal' if equal else 'DIFFERENT'}")
    return 0 if equal else 1


def _address(shop: subprocess.Popen[str]) -> str:
    assert shop.stdout is not None
    for line in shop.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found.group()
    raise SystemExit("error: the shop with the real data did not open; its message stands above.")


def _load(folder: Path, address: str) -> tuple[float, float, int]:
    """Seconds, peak memory in MB and exit code of the pipeline as a process of its own."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SOURCES__ECOMMERCE__SHOP_BASE_URL": f"{address}/api",
        "SOURCES__ECOMMERCE__SHOP_TOKEN": "demo-key",
        "SOURCES__ECOMMERCE__PAGE_SIZE": str(PAGE_SIZE),
    }
    began = time.monotonic()
    pipeline = subprocess.Popen([sys.executable, "pipelines.py"], cwd=folder, env=env)
    _, status, usage = os.wait4(pipeline.pid, 0)
    return time.monotonic() - began, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def _compare(database: Path) -> bool:
    truth = figures()
    expected: dict[str, int | Decimal] = {f"{name} rows": count for name, count in truth.rows.items()}
    expected |= {name: getattr(truth, name) for name in SUMS}
    with duckdb.connect(str(database), read_only=True) as warehouse:
        queries = {f"{name} rows": f"SELECT count(*) FROM ecommerce.{name}" for name in truth.rows} | SUMS
        found = {name: (warehouse.execute(query).fetchone() or (None,))[0] for name, query in queries.items()}
    for name, value in expected.items():
        mark = "equal" if found[name] == value else "DIFFERENT"
        print(f"{name:20} data set {value:>16,}  warehouse {found[name] or 0:>22,}  {mark}")
    return all(found[name] == value for name, value in expected.items())


if __name__ == "__main__":
    sys.exit(main())
