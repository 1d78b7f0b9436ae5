"""A shop that serves given rows page by page, in the order of their change, and all that came since an instant."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import simplejson

from tests.support.answering import answering

Rows = list[dict[str, Any]]


def paged_shop(
    lists: dict[str, Rows],
    page_size: int,
    indent: int | None = None,
    sent: Callable[[bytes], bytes] = lambda body: body,
) -> AbstractContextManager[str]:
    """The address while it is served.

    Args:
        lists: their rows, sorted by a text `updated_at`; a Decimal is written as a number.
        page_size: rows of a page.
        indent: of bodies in several lines.
        sent: what is sent in the place of a body.
    """

    def page_of(path: str) -> bytes:
        parts = urlsplit(path)
        asked = dict(parse_qsl(parts.query))
        rows = lists.get(parts.path.rpartition("/")[2], [])
        rows = [row for row in rows if row["updated_at"] >= asked.get("updated_since", "")]
        first = (int(asked.get("page", 1)) - 1) * page_size
        document = {"data": rows[first : first + page_size], "total": len(rows)}
        return sent(simplejson.dumps(document, use_decimal=True, indent=indent).encode())

    return answering(page_of)
