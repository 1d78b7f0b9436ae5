"""Documentation that can fail: what it names exists, and what exists is named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from ecommerce_pipeline.settings import describe
from ecommerce_pipeline.shop.profile import Auth, Cursor, Pacing, Paging, ResourceProfile, ShopProfile
from ecommerce_pipeline.shop.profile_file import load_profile
from tests.house.tree import DOCS, ROOT, code_in, help_of, make_targets, name

SHOPS_PAGE = ROOT / "docs" / "shops.md"
SETTINGS_PAGE = ROOT / "docs" / "settings.md"
CONFIG = ROOT / ".dlt" / "config.toml"

PROSE = pytest.mark.parametrize("page", DOCS, ids=name)
COMMAND = re.compile(r"python pipelines\.py((?: +[^\s#|;&]+)*)")
MAKE = re.compile(r"(?:^|[\s;&])make ([a-z][a-z-]*)")
OUR_KEY = re.compile(r"sources\.ecommerce\.([a-z_]+)|SOURCES__ECOMMERCE__([A-Z_]+)")
COMMANDS = ("alert", "build", "check", "ddl", "demo", "export", "lineage", "replay", "sweep", "verify")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@PROSE
def test_every_make_target_it_names_exists(page: Path) -> None:
    named = {target for code in code_in(page.read_text("utf-8")) for target in MAKE.findall(code)}
    assert named - make_targets() == set()


@PROSE
def test_every_command_and_option_it_names_exists(page: Path) -> None:
    assert [code for code in code_in(page.read_text("utf-8")) if not _can_be_typed(code)] == []


@PROSE
def test_every_setting_it_names_exists(page: Path) -> None:
    known = {key.removeprefix("sources.ecommerce.") for key, _ in describe()}
    found = OUR_KEY.findall(page.read_text("utf-8"))
    assert {(key or variable.lower()) for key, variable in found} - known == set()


@PROSE
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [target.split("#")[0] for target in LINK.findall(page.read_text("utf-8"))]
    local = [
        target for target in targets if target and not target.startswith(("http://", "https://", "mailto:"))
    ]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_setting_is_documented() -> None:
    text = SETTINGS_PAGE.read_text("utf-8")
    assert [key for key, _ in describe() if f"`{key}`" not in text] == []


@pytest.mark.parametrize("table", [Auth, Pacing, Paging, Cursor, ResourceProfile, ShopProfile])
def test_every_key_of_a_profile_is_documented(table: type[BaseModel]) -> None:
    page = SHOPS_PAGE.read_text("utf-8")
    tables = ".".join(re.findall(r"^\[([a-z_.]+)\]", page, re.MULTILINE)).split(".")
    written = {*re.findall(r"\b([a-z_]+) = ", page), *re.findall(r"`([a-z_]+)`", page), *tables}
    assert [key for key in table.model_fields if key not in written] == []


def test_the_profile_that_is_shown_is_a_right_one(tmp_path: Path) -> None:
    example = re.search(r"^```toml\n(.*?)^```", SHOPS_PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert example is not None
    (tmp_path / "myshop.toml").write_text(example.group(1), "utf-8")
    assert load_profile(str(tmp_path / "myshop.toml")).name == "myshop"


def test_every_key_of_the_configuration_is_documented() -> None:
    text = SETTINGS_PAGE.read_text("utf-8")
    assert [key for key in _keys(tomllib.loads(CONFIG.read_text("utf-8"))) if f"`{key}`" not in text] == []


def test_every_key_of_the_configuration_has_a_comment() -> None:
    lines = CONFIG.read_text("utf-8").splitlines()
    assert [line for line in lines if re.match(r"(# )?[a-z_]+ = ", line) and "  # " not in line] == []


def test_every_make_target_is_documented() -> None:
    named = {
        target for page in DOCS for code in code_in(page.read_text("utf-8")) for target in MAKE.findall(code)
    }
    assert make_targets() - named == set()


def _can_be_typed(code: str) -> bool:
    """Whether every `python pipelines.py ...` in a piece of code has a command and options that exist."""
    if code.startswith("--"):
        return any(_has(help_of(*command), code) for command in ((), *((name,) for name in COMMANDS)))
    return all(_known(words.split()) for words in COMMAND.findall(code))


def _known(words: list[str]) -> bool:
    command = words[:1] if words and re.fullmatch(r"[a-z][a-z-]*", words[0]) else []
    text = help_of(*command)
    return bool(text) and all(_has(text, word) for word in words if word.startswith("-"))


def _has(help_text: str, option: str) -> bool:
    flag = re.split(r"[=\s]", option)[0]
    return re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", help_text) is not None


def _keys(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def test_workflows_run_make_targets() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    called = {name for line in re.findall(r"run: make ([a-z -]+)", text) for name in line.split()}
    listed = {name for line in re.findall(r"target: \[([^\]]+)\]", text) for name in line.split(", ")}
    assert called and listed and (called | listed) - make_targets() == set()
    for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines():
        if line.startswith("make "):
            assert set(line.partition("<")[0].split()[1:]) <= make_targets(), line
