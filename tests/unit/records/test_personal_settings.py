"""A personal column that cannot be masked is refused by its name, with the reason and the cure."""

from __future__ import annotations

from typing import Any

import pytest

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.records.personal import Place, masker_of, read_policy

SALT = "0123456789abcdef"
NEEDED = {"id": "its key", "updated_at": "its cursor"}

HASHED, DROPPING = "`sources.ecommerce.personal_hashed`", "`sources.ecommerce.personal_dropped`"
WRONG: dict[str, tuple[dict[str, str | None], str]] = {
    "no resource": ({"hashed": "email"}, f"{HASHED} has 'email', expected resource.field"),
    "an empty name": ({"hashed": "customers..email"}, f"{HASHED} has 'customers..email'"),
    "a comma too many": ({"hashed": "customers.email,"}, f"{HASHED} has '', expected resource.field"),
    "unknown resource": (
        {"hashed": "clients.email"},
        "names clients.email, and there is no resource 'clients'",
    ),
    "the key": ({"hashed": "customers.id"}, "names customers.id, which is a key or a reference"),
    "a reference": (
        {"dropped": "orders.customer_id"},
        f"{DROPPING} names orders.customer_id, which is a key or",
    ),
    "the cursor": ({"hashed": "customers.updated_at"}, "which is an instant"),
    "money": ({"dropped": "orders.total_amount"}, "which is an amount or a quantity"),
    "a quantity": ({"hashed": "order_items.quantity"}, "which is an amount or a quantity"),
    "a currency": ({"hashed": "orders.currency"}, "which is a currency"),
    "inside a text": (
        {"hashed": "customers.email.name"},
        "and nothing is inside that field. Name the field itself.",
    ),
    "a required field dropped": (
        {"dropped": "customers.email"},
        f"{DROPPING} names customers.email, and no record is right without `email`. Hash it instead",
    ),
    "both": (
        {"hashed": "customers.phone", "dropped": "customers.phone"},
        f"customers.phone stands in {HASHED} and in {DROPPING}, expected one of them.",
    ),
    "no salt": ({"hashed": "customers.phone", "salt": None}, "`sources.ecommerce.personal_salt` is missing"),
    "a short salt": (
        {"hashed": "customers.phone", "salt": "secret-salt"},
        f'has 11 characters, expected at least 16 characters, as {HASHED} is set. Make one with python -c "',
    ),
}


@pytest.mark.parametrize(("settings", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_refused_in_one_sentence(settings: dict[str, str | None], words: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_policy(**{"hashed": None, "dropped": None, "salt": SALT, **settings})
    assert words in str(caught.value)
    assert "secret-salt" not in str(caught.value)


MISPLACED: dict[str, tuple[dict[str, Any], str]] = {
    "the shop's key": (
        {"hashed": "customers.uid", "needed": {"uid": "its key"}},
        "and the shop's field `uid` is its key",
    ),
    "inside the key": (
        {"hashed": "customers.uid.x", "needed": {"uid": "its key"}},
        "and the shop's field `uid` is its key",
    ),
    "the key by another spelling": ({"hashed": "customers.ID"}, "and the shop's field `id` is its key"),
    "a tombstone": (
        {"hashed": "customers.gone", "needed": {"gone": "what says that a row was deleted"}},
        "what says that",
    ),
    "a reference that comes from there": (
        {"hashed": "orders.buyer", "resource": "orders", "fields": {"customer_id": "buyer"}},
        "and the shop's field `buyer` is our `customer_id`, a key or a reference. Leave it out.",
    ),
    "a required field that comes from inside": (
        {"dropped": "customers.contact", "fields": {"email": "contact.mail"}},
        "names customers.contact, and no record is right without `email`. Hash it instead",
    ),
    "embedded lines": (
        {
            "dropped": "orders.items",
            "resource": "orders",
            "lines": {"items": Place("order_items", {}, NEEDED)},
        },
        "and in the shop's field `items` come the order_items. Name what is personal as order_items.<field>.",
    ),
}


@pytest.mark.parametrize(("changes", "words"), MISPLACED.values(), ids=MISPLACED)
def test_a_field_that_the_shop_needs_for_something_else_is_refused(
    changes: dict[str, Any], words: str
) -> None:
    policy = read_policy(changes.get("hashed"), changes.get("dropped"), SALT)
    needed = {**NEEDED, **changes.get("needed", {})}
    place = Place(
        changes.get("resource", "customers"), changes.get("fields", {}), needed, changes.get("lines", {})
    )
    with pytest.raises(SettingError) as caught:
        masker_of(policy, place)
    assert words in str(caught.value)
