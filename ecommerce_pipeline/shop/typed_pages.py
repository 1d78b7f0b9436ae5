"""Bodies decoded into typed rows, once it is known what the rows of a list look like."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable
from typing import Any

import msgspec

from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.records.layout import Layout, RowType
from ecommerce_pipeline.shop.instants import CursorInstants
from ecommerce_pipeline.shop.paging import value_at
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.typed_rows import TypedRows, missing_is_null

_PLAIN_PATH = re.compile(r"[\w-]+(?:\.[\w-]+)*").fullmatch
# A NUL, and what dlt takes for marks of its own (see `landing.LOADER_MARKS`); such pages are read row by row.
_ESCAPED = re.compile(rb"\\u(?:0000|f02[6-9a-d])", re.IGNORECASE).search
_MARKS = b"\xef\x80"

# An integer that is decoded to 0, and written otherwise. What stands before it is looked at last: a pattern that begins
# with a text is found several times as fast.
_NEGATIVE_ZERO = re.compile(rb"-0(?=[,\]}\s])(?<=[:,\[\s]-0)").search

MISSES = 3
"""After so many pages in a row without one row that fits, only each `RETRY`th page is tried."""
RETRY = 16


def has_unusual_texts(body: bytes) -> bool:
    """Whether some text of a page may have a character that no column is tested for."""
    marked = not body.isascii() and _MARKS in body
    return marked or (b"\\" in body and _ESCAPED(body) is not None)


def _is_utf8(body: bytes) -> bool:
    """Whether all of it is; what no field needs, and numbers, are decoded without a look at their characters."""
    try:
        return body.isascii() or bool(body.decode())
    except UnicodeDecodeError:
        return False


def _fits(body: bytes, kind: RowType) -> bool:
    """Whether what is decoded as this type has the values that `decode_json` would give."""
    return (
        _is_utf8(body)
        and not has_unusual_texts(body)
        and not (kind.keeps_digits and _NEGATIVE_ZERO(body) is not None)
    )


class TypedPages:
    """Decodes the pages of one list; safe to share between threads.

    Args:
        profile: says where a body has its rows, their key and cursor, and what leads to the next page.
        layout: what the rows look like, as far as it is known.
        is_right: whether a row keeps the contract; the first ones that do show what rows look like.
    """

    def __init__(self, profile: ResourceProfile, layout: Layout, is_right: Callable[[Any], bool]) -> None:
        self._profile = profile
        self._is_right = is_right
        self._layout = layout
        self._paths = _body_paths(profile)
        self._instants = CursorInstants(profile.cursor)
        self._missed = 0

    def decode(self, body: bytes) -> tuple[TypedRows, Any] | None:
        """The rows of a page, and its body without them; None where the page has to be read row by row.

        Args:
            body: the answer, free of secrets.
        """
        kind = self._layout.row_type
        if self._layout.empty:
            self._learn(body)
        if kind is None or self._paths is None or not _fits(body, kind):
            return None
        if self._missed >= MISSES and (self._missed + 1) % RETRY:
            self._missed += 1
            return None
        found = self._decoded(body, kind)
        fits = found is not None and len(found[0].unfit) < max(1, len(found[0].rows))
        self._missed = 0 if fits else self._missed + 1
        return found

    def _learn(self, body: bytes) -> None:
        """The pages that follow are decoded by what is learned here, also those that come before this one is judged."""
        with contextlib.suppress(ValueError):
            rows = _raw_rows(body, self._profile.rows)
            self._layout.learn(row for row in rows if self._is_right(row))

    def _decoded(self, body: bytes, kind: RowType) -> tuple[TypedRows, Any] | None:
        unfit: dict[int, Any] = {}
        try:
            document = self._document(body, kind.struct)
        except (ValueError, RecursionError):
            try:
                document = self._document(body, msgspec.Raw)
            except (ValueError, RecursionError):  # no JSON, not in UTF-8, too deep
                return None
        rows = document if self._profile.rows == "$" else value_at(document, self._profile.rows)
        if not isinstance(rows, list) or not rows:
            return None
        if type(rows[0]) is msgspec.Raw:
            rows, unfit = _fitting(rows, kind)
        with contextlib.suppress(KeyError):
            return self._typed(body, kind, rows, unfit), document
        return None

    def _document(self, body: bytes, row: Any) -> Any:
        """The body as dicts, its rows as objects of a type."""
        return _opened(_decoder(row, self._profile.rows, self._paths or frozenset()).decode(body))

    def _typed(self, body: bytes, kind: RowType, rows: list[Any], unfit: dict[int, Any]) -> TypedRows:
        profile = self._profile
        keys = self._values(kind, rows, profile.key, unfit)
        cursors = self._values(kind, rows, profile.cursor.field, unfit)
        raw = functools.partial(_raw_rows, body, profile.rows)
        return TypedRows(kind, rows, unfit, raw, keys, cursors, self._instants)

    @staticmethod
    def _values(kind: RowType, rows: list[Any], path: str, unfit: dict[int, Any]) -> list[Any]:
        values = missing_is_null(kind.column(rows, path.split(".")))
        for place, row in unfit.items():
            values[place] = value_at(row, path)
        if msgspec.Raw in set(map(type, values)):
            raise KeyError(path)  # integers and texts: its values have to be looked at one by one
        return values


def _body_paths(profile: ResourceProfile) -> frozenset[str] | None:
    """What has to be read of a body beside its rows; None where a path is more than a way through objects."""
    paging = profile.paging
    references = {"json_link": paging.next_url_path, "cursor": paging.cursor_path}
    others = frozenset(path for path in (paging.total_path, references.get(paging.type)) if path)
    if profile.rows == "$" and others:
        return None
    paths = (*others, profile.key, profile.cursor.field, *({profile.rows} - {"$"}))
    return others if all(map(_PLAIN_PATH, paths)) else None


@functools.lru_cache(maxsize=64)
def _decoder(row: Any, rows: str, others: frozenset[str]) -> Any:
    """Decodes a body into nested objects that have what stands at some paths, and nothing else."""
    if rows == "$":
        return msgspec.json.Decoder(list[row])
    tree: dict[str, Any] = {}
    for path in (rows, *others):
        *above, last = path.split(".")
        node = tree
        for name in above:
            node = node.setdefault(name, {})
        node[last] = list[row] if path == rows else Any
    return msgspec.json.Decoder(_object(tree))


def _object(tree: dict[str, Any]) -> Any:
    fields = [
        (f"f{place}", _object(kind) if isinstance(kind, dict) else kind, msgspec.UNSET)
        for place, kind in enumerate(tree.values())
    ]
    renamed = {f"f{place}": name for place, name in enumerate(tree)}
    return msgspec.defstruct(
        "Body", [(name, kind, default) for name, kind, default in fields], rename=renamed
    )


def _opened(value: Any) -> Any:
    """Objects of a body as dicts."""
    if not isinstance(value, msgspec.Struct):
        return value
    kind = type(value)
    found = {
        name: getattr(value, attribute)
        for name, attribute in zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
    }
    return {name: _opened(inner) for name, inner in found.items() if inner is not msgspec.UNSET}


def _fitting(raw: list[Any], kind: RowType) -> tuple[list[Any], dict[int, Any]]:
    """Each row as an object, or as `decode_json` gives it where it does not fit."""
    decode = msgspec.json.Decoder(kind.struct).decode
    rows: list[Any] = []
    unfit: dict[int, Any] = {}
    for place, text in enumerate(raw):
        try:
            rows.append(decode(text))
        except (ValueError, RecursionError):
            rows.append(kind.nothing)
            unfit[place] = decode_json(bytes(text))
    return rows, unfit


def _raw_rows(body: bytes, rows: str) -> list[Any]:
    document = decode_json(body)
    found = document if rows == "$" else value_at(document, rows)
    return found if isinstance(found, list) else []
