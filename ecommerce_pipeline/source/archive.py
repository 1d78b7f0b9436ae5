"""Every page as it came, compressed: `<resource>/<date>/<run>/<number>.json.gz` on any fsspec address.

A file holds many pages, each a gzip member of its own, in the order in which they came: `zcat` prints them one after
the other. To create a file takes longer than to compress a page, and on an object store each costs a request.
"""

from __future__ import annotations

import gzip
import re
import threading
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from ecommerce_pipeline.errors import DestinationFailed, SettingError
from ecommerce_pipeline.records import MODELS

# Level 1 halves the time of the default and keeps nine tenths of its gain on JSON.
LEVEL = 1

BUNDLE_BYTES = 1024 * 1024
"""So many compressed bytes make a file."""

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Keeper(Protocol):
    """Keeps pages."""

    def keep(self, resource: str, body: bytes, packed: bytes | None = None) -> None:
        """Keep one page of a resource; `packed` is the same body compressed by gzip, where it came so."""

    def flush(self) -> None:
        """Return when all that was given so far is kept for good."""


class NoArchive:
    """The archive that is switched off."""

    def keep(self, resource: str, body: bytes, packed: bytes | None = None) -> None:
        """Keep nothing."""

    def flush(self) -> None:
        """Nothing waits."""


class _Bundle:
    """The pages of one resource that wait to be written together."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.lock = threading.Lock()
        self.pages: list[bytes] = []
        self.bytes = self.written = 0

    def add(self, page: bytes) -> None:
        self.pages.append(page)
        self.bytes += len(page)


class Archive:
    """Takes pages before anything parses them, and writes them in bundles.

    Args:
        address: a folder, or any address that fsspec knows (`s3://`, `gs://`, ...).
        run_id: names the run's folder.
        started_at: the run's start, UTC; its date names the folder of the day.
        place: file system and path where they are open already; the address is what a person knows them by.

    Raises:
        SettingError: the address cannot be used.
    """

    def __init__(
        self, address: str, run_id: str, started_at: datetime, place: tuple[Any, str] | None = None
    ) -> None:
        self._files, self._root = place or open_archive(address, make=True)
        self._local = "file" in self._files.protocol
        self._day = started_at.date()
        self._address = address
        self._setting = "`bucket_url` of the lake" if place else "`sources.ecommerce.archive_address`"
        run = f"{started_at:%Y-%m-%d}/{run_id}"
        self._bundles = {name: _Bundle(f"{self._root}/{name}/{run}") for name in MODELS}

    def keep(self, resource: str, body: bytes, packed: bytes | None = None) -> None:
        """Take one page. Several threads may do so at once.

        Args:
            resource: whose page.
            body: as it is to be kept.
            packed: the same compressed by gzip, where it came so.

        Raises:
            DestinationFailed: the archive cannot be written.
        """
        page, bundle = packed or gzip.compress(body, LEVEL, mtime=0), self._bundles[resource]
        with bundle.lock:
            bundle.add(page)
            if bundle.bytes >= BUNDLE_BYTES:
                self._write(bundle)

    def flush(self) -> None:
        """Write what waits: before rows are loaded, their pages are in the archive.

        Raises:
            DestinationFailed: the archive cannot be written.
        """
        for bundle in self._bundles.values():
            with bundle.lock:
                if bundle.pages:
                    self._write(bundle)

    def _write(self, bundle: _Bundle) -> None:
        """A file is either whole or not there; what could not be written waits on."""
        path = f"{bundle.folder}/{bundle.written + 1:06d}.json.gz"
        try:
            if (
                self._local and not bundle.written
            ):  # object stores have no folders, and a bucket is nobody's to make
                self._files.makedirs(bundle.folder, exist_ok=True)
            self._write_file(path, b"".join(bundle.pages))
        except Exception as error:  # the drivers of object stores raise what they like
            raise self._failed("written", error) from None
        bundle.written += 1
        bundle.pages, bundle.bytes = [], 0

    def _write_file(self, path: str, content: bytes) -> None:
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
            f" {self._setting}; `archive = false` switches it off. The cursor stays."
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
        except Exception as error:  # the drivers of object stores raise what they like
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


def open_archive(address: str, make: bool = False) -> tuple[Any, str]:
    """The fsspec file system of an address, and the path in it.

    Args:
        address: a folder, or any address that fsspec knows.
        make: whether a local folder is made.

    Raises:
        SettingError: the address cannot be used.
    """
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
