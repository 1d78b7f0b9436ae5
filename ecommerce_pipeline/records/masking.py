"""Persons leave a row before anything else sees it: each value is hashed with a salt, or dropped."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ecommerce_pipeline.records.naming import SEPARATOR, column_of
from ecommerce_pipeline.records.wire import is_email

Action = Literal["hash", "drop", "keep"]
Steps = tuple[str, ...]
"""A path by its columns: `Address`, `{"Street": ...}` and `address__street` lead to the same one."""

DROPPED = "dropped"
"""Stands where a dropped field should be inside and no object came: the contract still refuses that."""

HASHED_DOMAIN = "hashed.invalid"  # RFC 2606: no address of this domain can ever exist
HASHED = "hashed-"
DIGITS = 32
_hashed = re.compile(
    rf"{HASHED}[0-9a-f]{{{DIGITS}}}|[0-9a-f]{{{DIGITS}}}@{re.escape(HASHED_DOMAIN)}"
).fullmatch


@dataclass(frozen=True)
class Decision:
    """What becomes of a value, and the path by which the configuration names it."""

    action: Action
    named: str = ""


KEEP = Decision("keep")


@dataclass(frozen=True)
class Rule:
    """A decision, and other ones for what is inside the value, by column.

    Attributes:
        here: for the value itself and all that is inside without a rule of its own.
        inside: rules of their own.
        rest: the rule of what is inside without one; None where nothing has one, so that this rule goes on.
        hashes: whether anything here or inside is hashed.
        keeps: whether the value stays as it is.
    """

    here: Decision
    inside: dict[str, Rule]
    rest: Rule | None
    hashes: bool
    keeps: bool

    def of(self, name: str) -> Rule:
        """The rule of a field inside."""
        rule = self
        for step in _steps(name):
            if rule.rest is None:
                return rule
            rule = rule.inside.get(step) or rule.rest
        return rule


def rule_of(decisions: Mapping[Steps, Decision], above: Decision = KEEP) -> Rule:
    """One rule of decisions by path; the longer path wins."""
    here = decisions.get((), above)
    deeper: dict[str, dict[Steps, Decision]] = {}
    for steps, decision in decisions.items():
        if steps:
            deeper.setdefault(steps[0], {})[steps[1:]] = decision
    inside = {step: rule_of(found, here) for step, found in deeper.items()}
    hashes = here.action == "hash" or any(rule.hashes for rule in inside.values())
    rest = rule_of({}, here) if inside else None
    return Rule(here, inside, rest, hashes, keeps=here.action == "keep" and not inside)


def _names(rule: Rule) -> Iterator[str]:
    if rule.here.named:
        yield rule.here.named
    for inside in rule.inside.values():
        yield from _names(inside)


def steps_of(path: str) -> Steps:
    """The columns on a dotted path of field names."""
    return tuple(step for name in path.split(".") for step in _steps(name))


@lru_cache(maxsize=4096)
def _steps(name: str) -> Steps:
    return tuple(column_of(name).split(SEPARATOR))


class Masker:
    """Masks the rows of one resource.

    Args:
        rule: of the row.
        salt: the key of the hashes.

    Attributes:
        unmet: paths of the configuration that no row had so far.
    """

    def __init__(self, rule: Rule, salt: bytes) -> None:
        self._rule = rule
        self._salt = salt
        self.unmet = set(_names(rule))

    def __call__(self, row: Any) -> Any:
        """A copy without persons; what is no object is masked as a whole. The given row stays as it is."""
        return self._value(row, self._rule)

    def _value(self, value: Any, rule: Rule) -> Any:
        if value is None or rule.keeps:
            return value
        kind = type(value)
        if kind is dict:
            return self._object(value, rule)
        if kind is list:
            return [self._value(item, rule) for item in value]
        return self._hash(value) if rule.hashes else DROPPED

    def _object(self, value: dict[str, Any], rule: Rule) -> dict[str, Any]:
        masked: dict[str, Any] = {}
        for name, inner in value.items():
            below = rule.of(name)
            if below.keeps:  # most fields of a row
                masked[name] = inner
                continue
            self.unmet.discard(below.here.named)
            # Of a dropped object something may be needed: the customer's id of an order.
            if below.here.action != "drop" or (below.rest and (inner is None or type(inner) in (dict, list))):
                masked[name] = self._value(inner, below)
        return masked

    def _hash(self, value: Any) -> str:
        text = str(value).lower() if type(value) is bool else str(value)
        if not text.strip() or _hashed(text):
            return text  # nobody, and the contract still finds it blank; or a page that was archived without persons
        digits = hmac.digest(self._salt, text.encode(errors="surrogatepass"), "sha256").hex()[:DIGITS]
        return f"{digits}@{HASHED_DOMAIN}" if type(value) is str and is_email(text) else f"{HASHED}{digits}"
