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
        EOFError: it is empty, or ends in the middle of a page.
        zlib.error: it is damaged. The pages before the damage have been given.
    """
    if not content:
        raise EOFError("it is empty")
    while content:
        member = zlib.decompressobj(GZIP)
        body = member.decompress(content)
        if not member.eof:
            raise EOFError("it ends in the middle of a page")
        yield body
        content = member.unused_data
