"""Every page as it came, compressed: `<resource>/<date>/<run>/<number>.json.gz` on any fsspec address."""

from __future__ import annotations

import functools
import gzip
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ecommerce_pipeline.errors import DestinationFailed, SettingError
from ecommerce_pipeline.records import MODELS
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.run_id import began_at

# Level 1 halves the time of the default and keeps nine tenths of its gain on JSON.
LEVEL = 1

FIRST, LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Keeper(Protocol):
    """Keeps pages."""

    def keep(self, resource: str, body: bytes, packed: bytes | None = None) -> None:
        """Keep one page of a resource; `packed` is the same body compressed by gzip, where it came so."""


class NoArchive:
    """The archive that is switched off."""

    def keep(self, resource: str, body: bytes, packed: bytes | None = None) -> None:
        """Keep nothing."""


class Archive:
    """Writes pages before anything parses them.

    Args:
        address: a folder, or any address that fsspec knows (`s3://`, `gs://`, ...).
        run_id: names the run's folder.
        started_at: the run's start, UTC; its date names the folder of the day.

    Raises:
        SettingError: the address cannot be used.
    """

    def __init__(self, address: str, run_id: str, started_at: datetime) -> None:
        self._files, self._root = _open(address, make=True)
        self._local = "file" in self._files.protocol
        self._day = started_at.date()
        self._run = f"{started_at:%Y-%m-%d}/{run_id}"
        self._address = address
        self._number = itertools.count(1)
        self._folders: set[str] = set()

    def keep(self, resource: str, body: bytes, packed: bytes | None = None) -> None:
        """Write one page; a file is either whole or not there. Several threads may do so at once.

        Args:
            resource: whose page.
            body: as it is to be kept.
            packed: the same compressed by gzip, where it came so.

        Raises:
            DestinationFailed: the archive cannot be written.
        """
        folder = f"{self._root}/{resource}/{self._run}"
        path = f"{folder}/{next(self._number):06d}.json.gz"
        try:
            if folder not in self._folders:
                self._files.makedirs(folder, exist_ok=True)
                self._folders.add(folder)
            self._write(path, packed or gzip.compress(body, LEVEL, mtime=0))
        except OSError as error:
            raise self._failed("written", error) from None

    def _write(self, path: str, content: bytes) -> None:
        """Renaming makes a local file whole or absent; object stores write whole objects anyway."""
        if not self._local:
            self._files.pipe_file(path, content)
            return
        # fsspec takes as long as the compression for what are two calls here.
        part = Path(f"{path}.part")
        part.write_bytes(content)
        part.replace(path)

    def _failed(self, what: str, error: Exception) -> DestinationFailed:
        return DestinationFailed(
            f"The archive at {self._address} cannot be {what}: {error}. Make room or correct"
            " `sources.ecommerce.archive_address`; `archive = false` switches it off. The cursor stays."
        )

    def discard_unfinished(self) -> list[str]:
        """Delete files that a kill has left half written today, and yesterday about midnight; returns their paths.

        Older ones are passed over by whoever reads the archive, and go with their day.

        Raises:
            DestinationFailed: the archive cannot be read or changed.
        """
        if not self._local:
            return []
        days = (self._day, self._day - timedelta(days=1))
        folders = (f"{self._root}/{name}/{day.isoformat()}" for name in MODELS for day in days)
        try:
            found = [str(path) for folder in folders for path in self._files.glob(f"{folder}/*/*.part")]
            for path in found:
                self._files.rm_file(path)
        except OSError as error:
            raise self._failed("cleared of unfinished files", error) from None
        return found

    def expire(self, today: date, days: int) -> list[str]:
        """Delete the folders of days that are more than `days` old; 0 keeps all. Returns what was deleted.

        Raises:
            DestinationFailed: the archive cannot be read or changed.
        """
        try:
            return self._expired(today, days) if days and self._files.exists(self._root) else []
        except OSError as error:
            raise self._failed("cleared of old days", error) from None

    def _expired(self, today: date, days: int) -> list[str]:
        oldest = (today - timedelta(days=days)).isoformat()
        # The address may hold folders of others: only a day's folder of one of our resources goes.
        days_kept = (path for name in MODELS for path in self._files.glob(f"{self._root}/{name}/*"))
        expired = [
            path for path in days_kept if DAY.fullmatch(day := path.rsplit("/", 1)[1]) and day < oldest
        ]
        for path in expired:
            self._files.rm(path, recursive=True)
        return expired


class ArchivedPage(NamedTuple):
    """A page that is kept.

    Attributes:
        path: where.
        fetched_at: when the run began that fetched it, UTC.
        read: gives the compressed body.
    """

    path: str
    fetched_at: datetime
    read: Callable[[], bytes]


def archived_pages(address: str, resource: str, period: Window) -> Iterator[ArchivedPage]:
    """The pages of a resource that runs of a period have fetched, in the order in which they came.

    Args:
        address: of the archive.
        resource: whose pages.
        period: when the runs began.

    Raises:
        SettingError: the address cannot be used.
    """
    files, root = _open(address)
    found = []
    for day in sorted(map(str, files.glob(f"{root}/{resource}/*"))):
        if _may_have(day.rsplit("/", 1)[-1], period):
            found += [path.split("/") for path in map(str, files.glob(f"{day}/*/*.json.gz"))]
    for *folder, run_id, name in sorted(found, key=lambda parts: (parts[-2], len(parts[-1]), parts[-1])):
        began = began_at(run_id)
        if began and period.has(began):
            path = "/".join([*folder, run_id, name])
            yield ArchivedPage(path, began, functools.partial(files.cat_file, path))


def _may_have(day: str, period: Window) -> bool:
    """Whether a day's folder may hold runs of a period."""
    since, until = period.since or FIRST, period.until or LAST
    return DAY.fullmatch(day) is not None and f"{since:%Y-%m-%d}" <= day <= f"{until:%Y-%m-%d}"


def _open(address: str, make: bool = False) -> tuple[Any, str]:
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    try:
        files, root = fsspec.core.url_to_fs(address)
        if make and isinstance(files, LocalFileSystem):
            Path(root).mkdir(parents=True, exist_ok=True)
        return files, str(root).rstrip("/")
    except (ImportError, ValueError, OSError) as error:
        raise SettingError(
            f"`sources.ecommerce.archive_address` is {address!r}, which cannot be opened: {error}."
            " Use a folder, or install the package that fsspec names for this kind of address."
        ) from None
