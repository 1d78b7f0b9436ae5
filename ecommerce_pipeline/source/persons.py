"""Which rows of a shop have personal columns, as the settings declare them and its profile places them."""

from __future__ import annotations

from ecommerce_pipeline.records.masking import Masker
from ecommerce_pipeline.records.personal import Place, masker_of, read_policy
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.profile import ShopProfile


def maskers(settings: Settings, profile: ShopProfile) -> dict[str, Masker]:
    """What masks the rows of each list; those without personal columns have none.

    Raises:
        SettingError: a personal column is none, cannot be masked, or the salt is missing.
    """
    policy = read_policy(settings.personal_hashed, settings.personal_dropped, settings.personal_salt)
    listed = (name for name, declared in profile.resources.items() if declared.path)
    found = {name: masker_of(policy, _place(name, profile)) for name in listed}
    return {name: masker for name, masker in found.items() if masker}


def _place(name: str, profile: ShopProfile) -> Place:
    declared = profile.resources[name]
    fields = {**declared.fields, "id": declared.key, "updated_at": declared.cursor.field}
    needed = {declared.key: "its key", declared.cursor.field: "its cursor"}
    if declared.tombstone:
        needed[declared.tombstone] = "what says that a row was deleted"
    if declared.embedded_in:
        needed[declared.parent_field] = "the reference to its parent"
    lines = {
        str(child.embedded_field): _place(inner, profile)
        for inner, child in profile.resources.items()
        if child.embedded_in == name
    }
    return Place(name, fields, needed, lines)
