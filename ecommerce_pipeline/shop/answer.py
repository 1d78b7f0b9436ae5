"""What the body of an answer holds: its rows, and how many there are in all."""

from __future__ import annotations

from typing import Any

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.shop.exchange import Reply
from ecommerce_pipeline.shop.paging import shown_kind, value_at, whole_number
from ecommerce_pipeline.shop.profile import Paging, ResourceProfile


def rows_of(profile: ResourceProfile, reply: Reply) -> list[Any]:
    """The rows of an answer; none where it has no body.

    Raises:
        ContractBroken: there is no list where the profile says.
    """
    if reply.document is None:
        return []
    found = reply.document if profile.rows == "$" else value_at(reply.document, profile.rows)
    if not isinstance(found, list):
        shown = "no such key" if found is None else f"a {type(found).__name__}"
        raise ContractBroken(
            f"GET {reply.address}: the profile says that the rows are a list at `{profile.rows}`, got {shown}."
            " Correct `rows` in the profile."
        )
    return found


def total_of(paging: Paging, reply: Reply) -> int | None:
    """How many rows match in all; 0 where the answer has no body.

    Raises:
        ContractBroken: there is no number where the profile says.
    """
    if reply.document is None and paging.total_path:
        return 0
    value = (
        value_at(reply.document, paging.total_path)
        if paging.total_path
        else reply.headers.get(str(paging.total_header))
    )
    total = whole_number(value)
    if total is None:
        where = paging.total_path or paging.total_header
        raise ContractBroken(
            f"GET {reply.address}: expected the number of all rows at `{where}`, got {shown_kind(value)}."
            " Correct `paging.total_path` or `total_header` in the profile, or leave it out."
        )
    return total
