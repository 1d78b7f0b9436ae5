"""JSON that is nested beyond what any reader can follow, folded before it is decoded."""

from __future__ import annotations

import json
import re

DEEPEST = 100
"""Levels that are decoded; far more than a record may have and far fewer than Python can follow."""

_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_STRINGS = re.compile(b'"[^"]*"')
_MEANINGLESS = bytes(code for code in range(256) if code not in b'[]{}"')


def folded(text: bytes) -> bytes:
    """The same document; what lies deeper than 100 levels is a text that holds its own JSON.

    Without this one record could make every reader of its page run out of stack.

    Args:
        text: JSON in UTF-8, or anything: broken text comes back as it is.
    """
    return _fold(text) if _is_deep(text) else text


def _is_deep(text: bytes) -> bool:
    """Whether brackets nest beyond the limit; peels them from inside, so a page costs a few passes in C."""
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    brackets = _STRINGS.sub(b"", plain.translate(None, _MEANINGLESS))
    for _ in range(DEEPEST):
        fewer = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(fewer) == len(brackets):
            return False
        brackets = fewer
    return bool(brackets)


def _fold(text: bytes) -> bytes:
    parts: list[bytes] = []
    depth = end = start = 0
    for token in _TOKENS.finditer(text):
        sign = token[0]
        if sign in b"[{":
            if depth == DEEPEST:
                start = token.start()
            depth += 1
        elif sign in b"]}":
            depth -= 1
            if depth == DEEPEST:
                inner = text[start : token.end()].decode(errors="surrogatepass")
                parts += text[end:start], json.dumps(inner).encode()
                end = token.end()
    return b"".join(parts) + text[end:]
