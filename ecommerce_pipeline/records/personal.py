"""Which columns the configuration declares personal, and where a shop's rows hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.masking import KEEP, Action, Decision, Masker, Steps, rule_of, steps_of
from ecommerce_pipeline.records.structure import Field, fields

SECTION = "sources.ecommerce"
SETTING: dict[Action, str] = {
    "hash": f"{SECTION}.personal_hashed",
    "drop": f"{SECTION}.personal_dropped",
}
SHORTEST_SALT = 16
CURE = 'python -c "import secrets; print(secrets.token_hex(32))"'

NEEDED_KINDS = {
    "id": "a key or a reference",
    "decimal": "an amount or a quantity",
    "timestamp": "an instant",
}
_JSONPATH = re.compile(r"\[[^\]]*\]|^\$\.?")


@dataclass(frozen=True)
class Policy:
    """What the configuration says: by resource, our paths and what becomes of them.

    Attributes:
        decisions: resource -> dotted path -> decision.
        salt: the key of the hashes.
    """

    decisions: dict[str, dict[str, Decision]]
    salt: bytes = field(repr=False)


@dataclass(frozen=True)
class Place:
    """Where a shop's rows hold the fields of a resource.

    Attributes:
        resource: whose rows they are.
        fields: our field -> the shop's, as the profile declares them.
        needed: the shop's fields that the reading itself needs, and what each of them is.
        lines: the shop's field -> the rows of another resource that come in it.
    """

    resource: str
    fields: Mapping[str, str]
    needed: Mapping[str, str]
    lines: Mapping[str, Place] = field(default_factory=dict)


def read_policy(hashed: str | None, dropped: str | None, salt: str | None) -> Policy:
    """The policy that two settings and the salt say.

    Raises:
        SettingError: a text that does not parse, an unknown resource, a field that cannot be masked, no salt.
    """
    decisions: dict[str, dict[str, Decision]] = {}
    texts: tuple[tuple[Action, str | None], ...] = (("hash", hashed), ("drop", dropped))
    for action, text in texts:
        for named in _listed(action, text):
            resource, _, path = named.partition(".")
            _check(Decision(action, named), resource, path)
            before = decisions.setdefault(resource, {}).setdefault(path, Decision(action, named))
            if before.action != action:
                raise SettingError(
                    f"{named} stands in `{SETTING['hash']}` and in `{SETTING['drop']}`, expected one of them."
                    " Take it out of the other."
                )
    if hashed and len((salt or "").strip()) < SHORTEST_SALT:
        got = f"has {len((salt or '').strip())} characters" if salt else "is missing"
        raise SettingError(
            f"`{SECTION}.personal_salt` {got}, expected at least {SHORTEST_SALT} characters, as `{SETTING['hash']}`"
            " is set."
            f" Make one with {CURE} and keep it in .dlt/secrets.toml."
        )
    return Policy(decisions, (salt or "").encode())


def masker_of(policy: Policy, place: Place) -> Masker | None:
    """What masks the rows of a resource and the lines in them; None where nothing of them is personal.

    Raises:
        SettingError: the shop's field is needed for something else.
    """
    found = _with_lines(policy, place)
    return Masker(rule_of(found), policy.salt) if found else None


def _with_lines(policy: Policy, place: Place) -> dict[Steps, Decision]:
    found = _decisions(policy, place)
    for name, lines in place.lines.items():
        found |= {
            (*steps_of(name), *steps): decision for steps, decision in _with_lines(policy, lines).items()
        }
    return found


def _listed(action: Action, text: str | None) -> Iterator[str]:
    for part in text.split(",") if text is not None else ():
        named = part.strip()
        if "." not in named or not all(name.strip() == name and name for name in named.split(".")):
            raise SettingError(
                f"`{SETTING[action]}` has {named!r}, expected resource.field, separated by commas, for example"
                " customers.email, customers.address.street. Correct or remove it."
            )
        yield named


def _check(decision: Decision, resource: str, path: str) -> None:
    if resource not in MODELS:
        raise SettingError(
            f"`{SETTING[decision.action]}` names {decision.named}, and there is no resource {resource!r}, expected one"
            f" of {', '.join(MODELS)}. Correct it."
        )
    model: type[BaseModel] | None = MODELS[resource]
    for name in path.split("."):
        if model is None:
            raise _refused(decision, "and nothing is inside that field", "Name the field itself.")
        known = fields(model).get(name)
        if known is None:
            return  # a field of the shop's own
        if what := _needed_as(name, known):
            raise _refused(decision, f"which is {what}", "Only texts and undeclared fields can be masked.")
        required = model.model_fields[name].is_required()
        model = known.model
    if required and decision.action == "drop":
        raise _needs_value(decision, path)


def _refused(decision: Decision, why: str, cure: str) -> SettingError:
    return SettingError(f"`{SETTING[decision.action]}` names {decision.named}, {why}. {cure}")


def _needs_value(decision: Decision, path: str) -> SettingError:
    why = f"and no record is right without `{path}`"
    return _refused(decision, why, f"Hash it instead: name it in `{SETTING['hash']}`.")


def _needed_as(name: str, known: Field) -> str | None:
    return "a currency" if name == "currency" else NEEDED_KINDS.get(known.kind)


def _decisions(policy: Policy, place: Place) -> dict[Steps, Decision]:
    """The policy in the shop's own paths."""
    ours = policy.decisions.get(place.resource, {})
    found: dict[Steps, Decision] = {}
    if not ours:
        return found
    for path, decision in ours.items():
        # The shop's own field of this name lands as `source_<name>`, unless another field of ours reads it.
        if path not in place.fields or path not in place.fields.values():
            _add(found, path, decision)
    for target, source in place.fields.items():
        above = [path for path in ours if _holds(path, target)]
        if above:
            _add(found, source, ours[max(above, key=len)])
        for path in ours.keys() - set(above):
            if _holds(target, path):
                _add(found, source + path[len(target) :], ours[path])
    _check_lines(found, place)
    _spare_needed(found, place)
    _check_required(found, place)
    return found


def _add(found: dict[Steps, Decision], source: str, decision: Decision) -> None:
    """Where two fields of ours read one of the shop's, the stricter decision counts."""
    steps = steps_of(source)
    if steps not in found or decision.action == "drop":
        found[steps] = decision


def _holds(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(f"{outer}.")


def _check_lines(found: dict[Steps, Decision], place: Place) -> None:
    for name, lines in place.lines.items():
        for steps, decision in found.items():
            if steps[: len(steps_of(name))] == steps_of(name):
                why = f"and in the shop's field `{name}` come the {lines.resource}"
                raise _refused(decision, why, f"Name what is personal as {lines.resource}.<field>.")


def _spare_needed(found: dict[Steps, Decision], place: Place) -> None:
    """Refuse to mask what is needed; inside a masked object it stays as it is."""
    for source, what in _needed(place):
        steps = steps_of(_JSONPATH.sub("", source))
        for masked, decision in tuple(found.items()):
            if masked[: len(steps)] == steps and decision is not KEEP:
                raise _refused(decision, f"and the shop's field `{source}` is {what}", "Leave it out.")
        if any(steps[: len(masked)] == masked for masked in found):
            found[steps] = KEEP


def _needed(place: Place) -> Iterator[tuple[str, str]]:
    yield from place.needed.items()
    for name, known in fields(MODELS[place.resource]).items():
        if what := _needed_as(name, known):
            yield place.fields.get(name, name), f"our `{name}`, {what}"


def _check_required(found: dict[Steps, Decision], place: Place) -> None:
    """A required field may be dropped with the object of the shop's that holds it."""
    required: dict[str, Any] = MODELS[place.resource].model_fields
    for name in (name for name, info in required.items() if info.is_required()):
        steps = steps_of(place.fields.get(name, name))
        above = [masked for masked in found if steps[: len(masked)] == masked]
        if above and found[max(above, key=len)].action == "drop":
            raise _needs_value(found[max(above, key=len)], name)
