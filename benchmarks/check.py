"""What a warehouse holds. A script that is run by itself, so that the process that measures stays small: a child's
peak memory counts from its parent's. Usage: check.py DATABASE QUERIES, a JSON object of figures and their SQL.
"""

from __future__ import annotations

import json
import sys

import duckdb


def figures(database: str, queries: dict[str, str]) -> dict[str, int | None]:
    """Each figure of a warehouse; None where it cannot be asked for, because a table is missing."""
    found: dict[str, int | None] = {}
    with duckdb.connect(database, read_only=True) as warehouse:
        for name, query in queries.items():
            try:
                row = warehouse.execute(query).fetchone()
            except duckdb.Error:
                row = None
            found[name] = None if row is None or row[0] is None else int(row[0])
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(figures(sys.argv[1], json.loads(sys.argv[2]))))
