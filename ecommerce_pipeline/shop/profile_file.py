"""A profile as a TOML file: found, read, filled with its own defaults, refused with file, key, got and expected."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ecommerce_pipeline.errors import ProfileError, SettingError
from ecommerce_pipeline.shop.addresses import shown_address
from ecommerce_pipeline.shop.profile import PAGING_KEYS, ShopProfile

PROFILES = Path(__file__).parent / "profiles"

SHARED_DEFAULTS = (
    "rows",
    "key",
    "order",
    "page_size",
    "page_size_param",
    "params",
    "sweep_params",
    "tombstone",
    "money_scale",
)


def load_profile(shop: str) -> ShopProfile:
    """The profile of a shop.

    Args:
        shop: the name of a profile that ships with the pipeline, or the path of a TOML file.

    Raises:
        SettingError: there is no such profile.
        ProfileError: the file is not TOML, or a key is missing, unknown or wrong.
    """
    path = _find(shop)
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(str(path), "(whole file)", f"not readable as TOML: {error}", "TOML") from None
    try:
        return ShopProfile.model_validate(_with_defaults(document))
    except ValidationError as error:
        raise _first_error(path, error) from None


def shipped_profiles() -> list[str]:
    """Names of the profiles that ship with the pipeline."""
    return sorted(path.stem for path in PROFILES.glob("*.toml"))


def _find(shop: str) -> Path:
    shipped = PROFILES / f"{shop}.toml"
    if shop in shipped_profiles():
        return shipped
    path = Path(shop)
    if path.suffix == ".toml" and path.is_file():
        return path
    raise SettingError(
        f"`sources.ecommerce.shop` is {shop!r}, expected one of {', '.join(shipped_profiles())}"
        " or the path of a profile that exists (a .toml file)."
    )


def _with_defaults(document: dict[str, Any]) -> dict[str, Any]:
    """Copy what stands at the top of the file into every resource that does not say otherwise."""
    shared = {name: document[name] for name in SHARED_DEFAULTS if name in document}
    tables = {name: document.get(name, {}) for name in ("paging", "cursor")}
    resources = document.get("resources")
    if not isinstance(resources, dict):
        return document
    merged = {}
    for name, own in resources.items():
        own = own if isinstance(own, dict) else {"path": own}
        nested = {table: _joined(tables[table], own.get(table, {})) for table in tables}
        nested["paging"] = _of_its_type(nested["paging"], own.get("paging", {}))
        merged[name] = {**shared, **own, **nested}
    top = {k: v for k, v in document.items() if k not in SHARED_DEFAULTS and k not in tables}
    return {**top, "resources": merged}


def _joined(shared: Any, own: Any) -> Any:
    """A table over its default; what is no table is left for the check to name."""
    if not isinstance(own, dict):
        return own
    return {**shared, **own} if isinstance(shared, dict) else shared


def _of_its_type(paging: Any, own: Any) -> Any:
    """A list that pages otherwise than the others takes over none of the keys that belong to their type."""
    if not isinstance(own, dict) or not isinstance(paging, dict) or "type" not in own:
        return paging
    kept = PAGING_KEYS.get(str(own["type"]), ())
    strange = {key for keys in PAGING_KEYS.values() for key in keys} - {*kept, *own}
    return {key: value for key, value in paging.items() if key not in strange}


def _first_error(path: Path, error: ValidationError) -> ProfileError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
    expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if first["type"] == "missing":
        return ProfileError(str(path), key, "missing", "a value")
    if first["type"] == "extra_forbidden":
        return ProfileError(str(path), key, "not a known key", "a key that docs/shops.md lists")
    return ProfileError(str(path), key, _shown(key, first["input"]), expected)


def _shown(key: str, value: object) -> str:
    """A profile holds no secret, but a person may have put one there: into the address, or beside the auth's type."""
    if key == "base_url":
        value = shown_address(str(value))
    if key.startswith("auth") and key != "auth.type":
        return "wrong"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
