"""Whatever a shop puts into fields that nobody declared, the warehouse holds the value that was sent."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from ecommerce_pipeline.records.naming import landing_name, normalised
from tests.support.verbatim import ORDER, VerbatimShop, VerbatimWarehouse

UGLY: list[Any] = [
    *("01234", "1234", 1234, "nan", "Infinity", "true", True, False, 0, "0x10", " 7 ", "1.50", 1.5, "1e5"),
    *(10**18, 2**63 - 1, -(2**63), 2**63, 10**30, 10**60, 2**53 + 1, -7, 1e300, 5e-324, 0.1, "7" * 400),
    *("2026-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "2026-01-01", "[1]", '{"a": 1}', "null", "None"),
    *(Decimal("0.10000000000000000000000000001"), Decimal("1E+400"), Decimal("12345678901234567.25")),
    *("ä\u2028", 1, "yes", "no", "", "0", "t", 2.0, 1_700_000_000, "AA==", Decimal("9" * 4500)),
]
NAMES = ("note", "note__v_text", "größe", "grüße", "名前", "價格", "?", "!", "v_bool")


def _row(identity: int, random: Random) -> dict[str, Any]:
    ugly = {name: random.choice(UGLY) for name in NAMES}
    nested = {"deep": {"note": random.choice(UGLY)}, "v_text": random.choice(UGLY)}
    return {**ORDER, "id": identity, **ugly, "meta": nested, "things": random.sample(UGLY, 4)}


def _exact(value: Any) -> tuple[type, str]:
    """What has to land: type and value; a number that no column holds lands as the text of its digits."""
    if type(value) is int and not -(2**63) <= value < 2**63:
        return str, str(value)
    if type(value) is Decimal and Decimal(repr(float(value))) != value:
        return str, str(value)
    return type(value), str(value)


def _landed(row: dict[str, Any], column: str) -> list[tuple[type, str]]:
    """The values of a column and of those beside it for other types."""
    suffixes = ("", "__v_text", "__v_bigint", "__v_double", "__v_bool")
    values = [row[column + suffix] for suffix in suffixes if row.get(column + suffix) is not None]
    return [(type(value), str(value)) for value in values]


def test_undeclared_values_land_exactly_in_any_order_over_several_runs(
    verbatim: tuple[VerbatimShop, VerbatimWarehouse],
) -> None:
    shop, warehouse = verbatim
    random = Random(1)
    sent: dict[int, Any] = {}
    with shop.serve() as address:
        for first in (1, 41):
            rows = [_row(identity, random) for identity in range(first, first + 40)]
            sent.update({row["id"]: row for row in rows})
            shop.put("orders", rows)
            warehouse.run(address, profile=warehouse.profile())
    landed = {row["id"]: row for row in warehouse.rows("SELECT * FROM ecommerce.orders")}
    things = warehouse.rows("SELECT * FROM ecommerce.orders__things ORDER BY _dlt_list_idx")
    for identity, row in sent.items():
        found = landed[identity]
        for name in NAMES:
            assert _landed(found, normalised(landing_name(name))) == [_exact(row[name])], name
        assert _landed(found, "meta__deep__note") == [_exact(row["meta"]["deep"]["note"])]
        assert _landed(found, "meta__v_textx") == [_exact(row["meta"]["v_text"])]
        listed = [_landed(each, "value") for each in things if each["_dlt_parent_id"] == found["_dlt_id"]]
        assert listed == [[_exact(value)] for value in row["things"]]
