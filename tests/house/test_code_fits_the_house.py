"""Budgets and habits that no linter checks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, modules, name

LINES_OF_A_FILE = 250
LINES_OF_A_FUNCTION = 40

# Where a person reads the output: the commands of the pipeline, the demo shop and the benchmark.
MAY_PRINT = {
    "benchmarks/__main__.py",
    "benchmarks/scaling.py",
    "ecommerce_pipeline/command/__init__.py",
    "ecommerce_pipeline/demo/command.py",
}

# Spelled in parts so that this file does not name what it looks for.
MACHINE_PATH = re.compile(
    "|".join(rf"(?<![\w.*<>-])/{folder}/\w" for folder in ("work", "root", "farm", "home"))
)


@pytest.mark.parametrize("path", modules(), ids=name)
def test_a_file_holds_one_idea(path: Path) -> None:
    assert path.read_text("utf-8").count("\n") <= LINES_OF_A_FILE


@pytest.mark.parametrize("path", modules(), ids=name)
def test_a_function_fits_in_view(path: Path) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, functions)]
    sizes = [(node.name, (node.end_lineno or node.lineno) - node.lineno + 1) for node in nodes]
    assert [f"{node} has {lines} lines" for node, lines in sizes if lines > LINES_OF_A_FUNCTION] == []


@pytest.mark.parametrize("path", [path for path in modules() if name(path) not in MAY_PRINT], ids=name)
def test_only_commands_print(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    names = [node for node in nodes if isinstance(node, ast.Name) and node.id == "print"]
    assert [f"{name(path)}:{node.lineno}" for node in names] == []


def test_help_answers_without_loading_dlt() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "pipelines.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert imported & {"apprise", "dlt", "duckdb", "pyarrow", "snowflake"} == set()


def test_no_file_names_a_path_of_one_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    files = [ROOT / file for file in listed.stdout.split("\0") if file]
    texts = {name(file): file.read_text("utf-8", errors="replace") for file in files if file.is_file()}
    assert [file for file, text in texts.items() if MACHINE_PATH.search(text)] == []
