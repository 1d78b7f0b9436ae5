"""A shop's row becomes a record that can land, or a refusal with every reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from ecommerce_pipeline.records.canonical import Canonicaliser
from ecommerce_pipeline.records.content import content_hash, decode_json, row_hash
from ecommerce_pipeline.records.contract import contract_hash
from ecommerce_pipeline.records.landing import walked
from ecommerce_pipeline.records.naming import shape_of
from ecommerce_pipeline.records.rules import RULES, Reason, reason, storable
from ecommerce_pipeline.records.structure import fields
from ecommerce_pipeline.records.wire import IdType

__all__ = ["RULES", "Accepted", "Reason", "Rejected", "Validator", "content_hash", "decode_json", "row_hash"]

# pydantic's own codes, where a model itself finds the fault and not one of our parsers.
_OURS = {
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    "dict_type": "not_an_object",
    "string_unicode": "not_unicode",
}


@dataclass(frozen=True)
class Accepted:
    """A record that is ready for dlt.

    Attributes:
        record: our fields in the order of the model, then the unknown ones; money is Decimal, instants
            are aware and UTC, absent scalars are None, absent lists empty, absent objects left out.
    """

    record: dict[str, Any]


@dataclass(frozen=True)
class Rejected:
    """A row that is not loaded.

    Attributes:
        raw: the row as it came; `{"value": ...}` around something that is no object.
        key: its id as text, where it has one.
        reasons: all rules that it breaks, at least one.
    """

    raw: dict[str, Any]
    key: str | None
    reasons: tuple[Reason, ...]


class Validator:
    """Validates the rows of one resource.

    Args:
        model: what a record is.
        canonicaliser: built from the shop's mapping; also tells how instants and money are written.
        id_type: the type that `id` and all references have in this shop.
        reserved: names that no field may have, because something else of the row lands under them.

    Attributes:
        contract: a hash of all that decides what becomes of a row; see `contract_hash`.
        model, canonicaliser, shape: what a row goes through.
        id_type: as given.
    """

    def __init__(
        self,
        model: type[BaseModel],
        canonicaliser: Canonicaliser,
        id_type: IdType,
        reserved: Iterable[str] = (),
    ) -> None:
        self._validate = model.__pydantic_validator__.validate_python
        self.model, self.canonicaliser, self.id_type = model, canonicaliser, id_type
        shape = shape_of(model)
        self.shape = replace(shape, reserved=shape.reserved.union(reserved))
        self._wire = canonicaliser.mapping.wire(id_type)
        self.contract = contract_hash(model, canonicaliser.mapping, id_type)

    def validate(self, raw: Any) -> Accepted | Rejected:
        """The row as a record, or every reason against it. Never raises, never changes `raw`."""
        if type(raw) is not dict:
            return Rejected({"value": raw}, None, (reason("", "not_an_object", raw),))
        row, reasons = walked(self.canonicaliser(raw), self.shape)
        try:
            record = self._validate(row, context=self._wire)
        except ValidationError as error:
            reasons.extend(_reasons(error))
        if reasons:
            return Rejected(raw, _key(row), tuple(dict.fromkeys(reasons)))
        return Accepted(_plain(record))


def _reasons(error: ValidationError) -> list[Reason]:
    return [
        Reason(storable(path), "missing", "")
        if item["type"] == "missing"
        else reason(path, rule_of(item["type"]), item["input"])
        for item in error.errors(include_url=False, include_context=False)
        for path in (".".join(str(step) for step in item["loc"]),)
    ]


def rule_of(code: str) -> str:
    """Our rule for the code of a validation error; what no JSON could cause is `not_json`."""
    return code if code in RULES else _OURS.get(code, "not_json")


def _key(row: dict[str, Any]) -> str | None:
    found = row.get("id")
    if type(found) is str:
        return storable(found)
    return str(found) if type(found) is int and found.bit_length() <= 64 else None


def _plain(record: BaseModel) -> dict[str, Any]:
    """The model as dicts and lists.

    An absent object is left out: null in `address` would make dlt note a column of that name.
    """
    plain = dict(record.__dict__)
    for name, field in fields(type(record)).items():
        if field.kind == "object":
            inner = plain.pop(name)
            if inner is not None:
                plain[name] = _plain(inner)
        elif field.kind == "list" and field.model is not None:
            plain[name] = [_plain(item) for item in plain[name]]
    if record.__pydantic_extra__:
        plain.update(record.__pydantic_extra__)
    return plain
