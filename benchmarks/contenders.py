"""Who takes part: how each is started, and where its warehouse holds the rows."""

from __future__ import annotations

import compileall
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.serving import ROOT

PEERS = ROOT / "benchmarks" / "peers"
OWN_PYTHON = Path(sys.executable)
SCRIPT_PYTHON = ROOT / ".venv-bench-script" / "bin" / "python"
SINGER_PYTHON = ROOT / ".venv-bench-singer" / "bin" / "python"

WAREHOUSE = "warehouse.duckdb"


@dataclass(frozen=True)
class Contender:
    """A way to load the shop.

    Attributes:
        name: as it is called on the command line and in results.
        title: as it is called on the page.
        command: its command for a shop's address, run in a folder of its own.
        python: the environment that it needs.
        packages: whose versions the page tells.
        prepare: fills the folder before the first run; not measured.
        env: variables on top of a bare environment, for a shop's address.
        database: its DuckDB file in the folder.
        schema: where its tables are.
        serial: reads the pages of a list one after the other.
        merges: can go on with what it has loaded.
        slow: takes minutes where others take seconds; measured once.
    """

    name: str
    title: str
    command: Callable[[str], Sequence[str]]
    python: Path = OWN_PYTHON
    packages: tuple[str, ...] = ("duckdb",)
    prepare: Callable[[Path], None] = lambda folder: None
    env: Callable[[str], dict[str, str]] = lambda address: {}
    database: str = WAREHOUSE
    schema: str = "main"
    serial: bool = True
    merges: bool = True
    slow: bool = False
    tables: dict[str, str] = field(default_factory=dict)

    @property
    def queries(self) -> dict[str, str]:
        """The SQL of each figure that is compared with the shop's truth."""
        counts = ("customers", "customers__addresses", "orders", "orders__tags", "order_items")
        sums = {"order_totals": ("orders", "total_amount"), "line_amounts": ("order_items", "line_amount")}
        return {name: f"SELECT count(*) FROM {self._from(name)}" for name in counts} | {
            name: f"SELECT sum(round(CAST({column} AS DECIMAL(18, 4)) * 100)) FROM {self._from(table)}"
            for name, (table, column) in sums.items()
        }

    def _from(self, table: str) -> str:
        return self.tables.get(table, f"{self.schema}.{table}")


def copy_project(folder: Path) -> None:
    """What a user has: the command, the package, the configuration; nothing of an earlier run, no secrets."""
    shutil.copy(ROOT / "pipelines.py", folder)
    shutil.copy(ROOT / "benchmarks" / "shop.toml", folder)
    shutil.copytree(ROOT / "ecommerce_pipeline", folder / "ecommerce_pipeline")
    (folder / ".dlt").mkdir()
    for file in (*(ROOT / ".dlt").glob("config.toml"), *(ROOT / ".dlt").glob(".workspace")):
        shutil.copy(file, folder / ".dlt")
    compileall.compile_dir(folder / "ecommerce_pipeline", quiet=2)


def _ours(address: str) -> dict[str, str]:
    """As many connections as the limit has; it has that number in its own code, for it knows nothing of us."""
    return {
        "SOURCES__ECOMMERCE__SHOP": "shop.toml",
        "SOURCES__ECOMMERCE__SHOP_BASE_URL": address,
        "SOURCES__ECOMMERCE__CONNECTIONS": "32",
    }


def _peer(name: str, *options: str, python: Path = OWN_PYTHON) -> Callable[[str], Sequence[str]]:
    return lambda address: (str(python), str(PEERS / f"{name}.py"), address, WAREHOUSE, *options)


def _pipeline(name: str, title: str, **extra: str) -> Contender:
    return Contender(
        name,
        title,
        lambda address: (str(OWN_PYTHON), "pipelines.py", "--no-transform"),
        packages=("dlt", "duckdb", "pyarrow"),
        prepare=copy_project,
        env=lambda address: _ours(address) | extra,
        database="raw.duckdb",
        schema="ecommerce",
        serial=False,
    )


TUNED = {
    "SOURCES__DATA_WRITER__DISABLE_COMPRESSION": "true",
    "SOURCES__DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
    "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "50000",  # several files, so that several workers can take them
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
    "NORMALIZE__WORKERS": "2",
    "LOAD__WORKERS": "2",
    "EXTRACT__WORKERS": "3",
    "RUNTIME__LOG_LEVEL": "ERROR",
}


def _dlt(name: str, title: str, *options: str, **extra: str) -> Contender:
    return Contender(
        name,
        title,
        _peer("rest_api", *options),
        packages=("dlt", "duckdb", "pyarrow"),
        env=lambda address: {"DLT_DATA_DIR": "dlt", **extra},
        schema="shop",
        slow=not options,
    )


OURS = ("ours", "ours-no-archive")
CONTENDERS = {
    contender.name: contender
    for contender in (
        _pipeline("ours", "this pipeline"),
        _pipeline("ours-no-archive", "this pipeline, no archive", SOURCES__ECOMMERCE__ARCHIVE="false"),
        _dlt("rest-api", "dlt rest_api, defaults"),
        _dlt("rest-api-tuned", "dlt rest_api, tuned", "tuned", **TUNED),
        Contender("limit", "limit: fetch and read_json", _peer("limit"), serial=False, merges=False),
        Contender(
            "script",
            "script: requests, pandas, duckdb",
            _peer("script", python=SCRIPT_PYTHON),
            SCRIPT_PYTHON,
            ("requests", "pandas", "duckdb"),
        ),
        Contender(
            "singer",
            "Singer tap and target-duckdb",
            _peer("singer", python=SINGER_PYTHON),
            SINGER_PYTHON,
            ("singer-sdk", "target-duckdb", "duckdb"),
            env=lambda address: {"LOGLEVEL": "ERROR"},
            schema="shop",
            merges=False,
            slow=True,
            # Lists stay JSON in a column there; their elements are counted all the same.
            tables={
                "customers__addresses": "(SELECT unnest(CAST(addresses AS JSON[])) FROM shop.customers)",
                "orders__tags": "(SELECT unnest(CAST(tags AS JSON[])) FROM shop.orders)",
            },
        ),
    )
}


def check_command(contender: Contender, folder: Path) -> list[str]:
    """The command that prints the figures of a contender's warehouse."""
    script = ROOT / "benchmarks" / "check.py"
    return [
        str(contender.python),
        str(script),
        str(folder / contender.database),
        json.dumps(contender.queries),
    ]
