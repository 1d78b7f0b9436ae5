"""How one page leads to the next: numbers that we count, references that dlt's paginators read."""

from __future__ import annotations

import copy
import functools
from dataclasses import replace
from typing import Any

import requests
from dlt.common import jsonpath
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    HeaderCursorPaginator,
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
)

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.records.content import encode_json
from ecommerce_pipeline.shop.exchange import PageRequest, Reply
from ecommerce_pipeline.shop.profile import Paging, ResourceProfile

LONGEST_REFERENCE = 16_384
"""Characters; web servers refuse longer addresses, and each row of a page remembers its own."""


def reference_paginator(paging: Paging) -> BasePaginator:
    """dlt's paginator for a shop that names the next page; each list needs its own, it has a state."""
    return copy.copy(_compiled(paging))


@functools.cache
def _compiled(paging: Paging) -> BasePaginator:
    """Building one compiles its path, which takes longer than a request."""
    if paging.type == "header_link":
        return HeaderLinkPaginator(links_next_key=paging.links_next_key)
    if paging.type == "json_link":
        return JSONLinkPaginator(next_url_path=paging.next_url_path)
    if paging.type == "header_cursor":
        return HeaderCursorPaginator(cursor_key=paging.cursor_key, cursor_param=paging.cursor_param)
    return JSONResponseCursorPaginator(cursor_path=paging.cursor_path, cursor_param=paging.cursor_param)


def reference_request(paginator: BasePaginator, request: PageRequest, reply: Reply) -> PageRequest | None:
    """The request for the next page where the answer names it; None on the last page.

    dlt's paginator reads the reference from the answer and writes it into the request.
    """
    asked = reply.asked or reply.address
    raw = requests.Request("GET", asked, params=dict(request.params))
    raw.url = request.address
    paginator.update_state(reply, [None])  # type: ignore[arg-type]  # it reads headers, links and json() alone
    reference = paginator._next_reference if paginator.has_next_page else None  # type: ignore[attr-defined]
    if reference is None or reference == "":
        return None
    following = copy.copy(raw)
    following.url = asked if "://" not in request.address else request.address
    wrong = ""
    try:
        if not isinstance(reference, str | int) or isinstance(reference, bool):
            raise TypeError(f"got {shown_kind(reference)}")
        if len(str(reference)) > LONGEST_REFERENCE:
            raise ValueError(f"it has more than {LONGEST_REFERENCE} characters")
        paginator.update_request(following)
    except (ValueError, TypeError, AttributeError) as error:
        wrong = reply.hide(str(error))
    if wrong:
        raise ContractBroken(
            f"GET {reply.address}: the reference to the next page cannot be used: {wrong}."
            " Expected an address or a token; correct the profile's `paging`."
        )
    if following.params is None:  # a whole address carries its own parameters
        return PageRequest(str(following.url))
    params: dict[str, Any] = dict(following.params)
    return replace(request, params=tuple((name, str(value)) for name, value in params.items()))


def value_at(document: Any, path: str) -> Any:
    """The value at a dotted path; plain steps are walked by hand, jsonpath is far slower."""
    if "[" in path or "*" in path:
        found = jsonpath.find_values(path, document)
        return found[0] if found else None
    for step in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(step)
    return document


def whole_number(value: Any) -> int | None:
    """A whole number or the text of one; None for anything else."""
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None


def shown_kind(value: Any) -> str:
    """What a value is, without showing it: where a path of the profile is wrong it may lead to a person."""
    return "nothing" if value is None else f"a {type(value).__name__}"


def body_of(profile: ResourceProfile, rows: list[Any], total: int | None) -> bytes:
    """A page as JSON that has rows and total where the profile finds them, and nothing else that came with them."""
    document: dict[str, Any] = {}
    for path, value in ((profile.paging.total_path, total), (profile.rows, rows)):
        if path is None or value is None:
            continue
        *above, last = path.split(".")
        inner = document
        for name in above:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return encode_json(document.get("$", document))


def number_param(request: PageRequest, name: str) -> int:
    """A whole number among a request's parameters."""
    return int(dict(request.params)[name])


def with_param(request: PageRequest, name: str, value: int) -> PageRequest:
    """The same request with one parameter set."""
    return replace(request, params=tuple({**dict(request.params), name: str(value)}.items()), beyond=None)
