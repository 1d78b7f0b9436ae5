"""What the parameters of a list mean, and how a page refers to the next one, in each paging style.

| style       | parameters          | reference to the next page                                   |
|-------------|---------------------|--------------------------------------------------------------|
| page_number | page, page_size     | none; pages count from 1                                     |
| offset      | offset, limit       | none                                                         |
| cursor      | cursor, limit       | `next_cursor`: a token, null on the last page                |
| header_link | page, page_size     | header `Link: <address>; rel="next"`, absent on the last page |
| json_link   | page, page_size     | `next`: an address, null on the last page                    |

`limit` and `page_size` mean the same. A token points at a row, not at a place: it is not shifted by writes.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import urlencode

from ecommerce_pipeline.demo.answer import RefusedError, Request
from ecommerce_pipeline.demo.contract import parse_instant
from ecommerce_pipeline.demo.listing import Position, Selection, Slice
from ecommerce_pipeline.demo.options import ShopOptions, Sort

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A list request, understood: what to select, the number of the page, the only fields that are wanted."""

    selection: Selection
    page: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Flaws:
    """How a page is to be wrong on purpose."""

    loop: bool = False
    added_to_total: int = 0
    empty: bool = False


def understand(request: Request, options: ShopOptions) -> Asked:
    """Read the parameters; unknown ones are ignored, as most shops do.

    Raises:
        RefusedError: 400 for a value that makes no sense.
    """
    query = request.query
    limit = _number(query, "limit", _number(query, "page_size", options.page_size))
    if options.max_page_size is not None:
        limit = min(limit, options.max_page_size)
    sort = query.get("sort", options.sort)
    if sort not in get_args(Sort):
        raise _bad("sort", sort, f"one of {', '.join(get_args(Sort))}")
    selection = Selection(
        _instant(query, "updated_since"), _instant(query, "updated_before"), sort, limit=limit
    )
    fields = tuple(name for name in query.get("fields", "").split(",") if name)
    if options.paging == "offset":
        return Asked(replace(selection, offset=_number(query, "offset", 0, least=0)), 1, fields)
    if options.paging == "cursor":
        return Asked(replace(selection, after=_position(query.get("cursor", ""))), 1, fields)
    page = _number(query, "page", 1)
    return Asked(replace(selection, offset=(page - 1) * limit), page, fields)


def page_of(
    request: Request, options: ShopOptions, asked: Asked, piece: Slice, flaws: Flaws
) -> tuple[dict[str, Any], dict[str, str]]:
    """The document of a page, and its headers."""
    rows = [] if flaws.empty else [_only(row, asked.fields) for row in piece.rows]
    document: dict[str, Any] = {"data": rows}
    if options.totals:
        document["total"] = max(0, piece.total + flaws.added_to_total)
    if options.paging == "offset":
        return {**document, "offset": asked.selection.offset, "limit": asked.selection.limit}, {}
    if options.paging == "cursor":
        return {**document, "next_cursor": _token(asked, piece, flaws)}, {}
    document |= {"page": asked.page, "page_size": asked.selection.limit}
    link = _link(request, asked.page + (0 if flaws.loop else 1)) if piece.more else None
    if options.paging == "json_link":
        return {**document, "next": link}, {}
    headers = {"Link": f'<{link}>; rel="next"'} if link and options.paging == "header_link" else {}
    return document, headers


def _only(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in fields if name in row} if fields else row


def _link(request: Request, page: int) -> str:
    return f"{request.address}{request.path}?{urlencode({**request.query, 'page': page})}"


def _token(asked: Asked, piece: Slice, flaws: Flaws) -> str | None:
    if not piece.more or piece.last is None:
        return None
    position = asked.selection.after if flaws.loop else piece.last
    # Whole microseconds, never a float: a position that is off by one would lose or repeat rows.
    moment, identity = position or (None, 0)
    microseconds = None if moment is None else (moment - _EPOCH) // (_EPOCH.resolution)
    return base64.urlsafe_b64encode(json.dumps([microseconds, identity]).encode()).decode()


def _position(token: str) -> Position | None:
    if not token:
        return None
    try:
        microseconds, identity = json.loads(base64.urlsafe_b64decode(token))
        return None if microseconds is None else (_EPOCH + microseconds * _EPOCH.resolution, int(identity))
    except (ValueError, TypeError, OverflowError):
        raise _bad("cursor", token, "a token that the shop gave out") from None


def _number(query: dict[str, str], name: str, default: int, least: int = 1) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise _bad(name, text, f"a whole number, at least {least}")
    return int(text)


def _instant(query: dict[str, str], name: str) -> datetime | None:
    text = query.get(name)
    moment = parse_instant(text)
    if text is not None and moment is None:
        raise _bad(name, text, "an RFC 3339 instant with an offset, for example 2026-01-31T08:00:00Z")
    return moment


def _bad(name: str, value: str, expected: str) -> RefusedError:
    return RefusedError(400, "bad_parameter", f"`{name}` is {value!r}, expected {expected}.")
