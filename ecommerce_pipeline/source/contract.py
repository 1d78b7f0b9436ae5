"""What a shop's profile makes of our models: the contract of one resource."""

from __future__ import annotations

from collections.abc import Iterable

from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.records.canonical import Canonicaliser, Mapping
from ecommerce_pipeline.records.validation import Validator
from ecommerce_pipeline.shop.profile import ShopProfile


def validator_of(name: str, profile: ShopProfile, embedded: Iterable[str] = ()) -> Validator:
    """Validates the rows of a resource as the shop sends them.

    Args:
        name: the resource.
        profile: says how its fields are called and written.
        embedded: names of lists that come inside its rows, which no field may have.
    """
    declared = profile.resources[name]
    fields = dict(declared.fields)
    # The key and the cursor are named by the profile anyway; they need no second declaration.
    for ours, theirs in (("id", declared.key), ("updated_at", declared.cursor.field)):
        if theirs != ours:
            fields.setdefault(ours, theirs)
    zone = declared.cursor.timezone if declared.cursor.format == "naive" else None
    mapping = Mapping(
        fields=fields, instant_format=declared.cursor.format, timezone=zone, money_scale=declared.money_scale
    )
    model = MODELS[name]
    return Validator(model, Canonicaliser(mapping, model), profile.id_type, embedded)
