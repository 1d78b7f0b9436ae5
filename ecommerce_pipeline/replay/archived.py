"""Archived pages, read again."""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterator
from typing import Any

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.replay.reader import Batch
from ecommerce_pipeline.shop.answer import rows_of
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import Reply
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.archive import ArchivedPage, archived_pages

logger = logging.getLogger(__name__)


def archived_batches(address: str, name: str, period: Window, endpoint: Endpoint) -> Iterator[Batch]:
    """The pages of a resource that runs of a period have fetched, oldest first.

    Args:
        address: of the archive.
        name: the resource.
        period: when the runs began.
        endpoint: knows where a page has its rows.

    Raises:
        SettingError: the archive cannot be opened.
    """
    for page in archived_pages(address, name, period):
        batch = _batch(page, endpoint)
        if batch is not None:
            yield batch


def _batch(page: ArchivedPage, endpoint: Endpoint) -> Batch | None:
    """The archive also has answers that were no pages, and were asked for again: those are passed over."""
    try:
        document = decode_json(_inflated(page.read()))
        return Batch(_rows(document, page.path, endpoint), page.path, page.fetched_at)
    except (OSError, EOFError, zlib.error) as error:
        logger.warning("%s is damaged and passed over: %s", page.path, error)
    except (ValueError, ContractBroken):
        logger.warning("%s is no page of rows and passed over", page.path)
    return None


def _rows(document: Any, path: str, endpoint: Endpoint) -> list[Any]:
    """A page without persons was written anew: its rows stand where the plain steps of their path lead."""
    found = document
    for step in endpoint.profile.rows.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, list) else rows_of(endpoint.profile, Reply(path, {}, {}, document))


def _inflated(body: bytes) -> bytes:
    if not body:
        raise EOFError("it is empty")
    return gzip.decompress(body)
