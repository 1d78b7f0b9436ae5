"""How one setting is declared."""

from __future__ import annotations

from dataclasses import field
from typing import Any

KINDS: dict[str, tuple[type, str]] = {
    "bool": (bool, "true or false"),
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "str": (str, "a text in quotes"),
}

# Longer pauses and spans are slips of the pen, and some of them more than clocks and calendars can hold.
DAY_SECONDS, YEAR_SECONDS, CENTURY_DAYS = 86_400, 366 * 86_400, 36_525


def setting(
    default: Any,
    text: str,
    secret: bool = False,
    least: float = 0,
    most: float = 1_000_000,
    among: tuple[str, ...] = (),
    form: tuple[str, str] = ("", ""),
) -> Any:
    """A field of a class of settings.

    Args:
        default: where nobody sets it.
        text: one sentence on what it does.
        secret: whether it is read from secrets alone and never shown.
        least: the smallest number that may stand there.
        most: the greatest.
        among: the texts that may stand there, all where it is empty.
        form: the pattern that a text has to have, and its words.
    """
    metadata = {"text": text, "secret": secret, "least": least, "most": most, "among": among, "form": form}
    return field(default=default, repr=not secret, metadata=metadata)
