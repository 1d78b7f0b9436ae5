"""The files of the archive, found again and opened."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.archive import DAY, open_archive
from ecommerce_pipeline.source.run_id import began_at

FIRST, LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

GZIP = 16 + zlib.MAX_WBITS
BEGINNING = b"\x1f\x8b\x08"


class ArchivedFile(NamedTuple):
    """Pages that are kept.

    Attributes:
        path: where.
        fetched_at: when the run began that fetched them, UTC.
        read: gives the content, one gzip member for each page.
    """

    path: str
    fetched_at: datetime
    read: Callable[[], bytes]


def archived_files(address: str, resource: str, period: Window) -> Iterator[ArchivedFile]:
    """The files with the pages of a resource that runs of a period have fetched, in the order in which they came.

    Args:
        address: of the archive.
        resource: whose pages.
        period: when the runs began.

    Raises:
        SettingError: the address cannot be used.
    """
    files, root = open_archive(address)
    found = []
    for day in sorted(map(str, files.glob(f"{root}/{resource}/*"))):
        if _may_have(day.rsplit("/", 1)[-1], period):
            found += [path.split("/") for path in map(str, files.glob(f"{day}/*/*.json.gz"))]
    for *folder, run_id, name in sorted(found, key=lambda parts: (parts[-2], len(parts[-1]), parts[-1])):
        began = began_at(run_id)
        if began and period.has(began):
            path = "/".join([*folder, run_id, name])
            yield ArchivedFile(path, began, functools.partial(files.cat_file, path))


def _may_have(day: str, period: Window) -> bool:
    """Whether a day's folder may hold runs of a period."""
    since, until = period.since or FIRST, period.until or LAST
    return DAY.fullmatch(day) is not None and f"{since:%Y-%m-%d}" <= day <= f"{until:%Y-%m-%d}"


def pages_in(content: bytes) -> Iterator[bytes]:
    """The bodies of the pages in a file, in the order in which they came.

    Args:
        content: gzip members, one for each page.

    Raises:
        EOFError: it is empty, or a page has no end.
        zlib.error: a page is damaged. All others have been given before.
    """
    damage: Exception | None = None if content else EOFError("it is empty")
    start = 0
    while 0 <= start < len(content):
        member = zlib.decompressobj(GZIP)
        try:
            body = member.decompress(memoryview(content)[start:])
            if not member.eof:
                raise EOFError("a page has no end")
        except (EOFError, zlib.error) as error:
            # Its checksum tells a page from bytes inside of one that only look like a beginning.
            damage, start = damage or error, content.find(BEGINNING, start + 1)
            continue
        yield body
        start = len(content) - len(member.unused_data)
    if damage:
        raise damage
