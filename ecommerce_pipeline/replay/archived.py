"""Archived pages, read again."""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.replay.reader import Batch
from ecommerce_pipeline.shop.answer import rows_of
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import Reply
from ecommerce_pipeline.source.archive import ArchivedPage

logger = logging.getLogger(__name__)


def archived_batches(
    pages: Iterable[ArchivedPage], endpoint: Endpoint, damaged: list[str]
) -> Iterator[Batch]:
    """The rows of archived pages.

    Args:
        pages: of one resource, oldest first.
        endpoint: knows where a page has its rows.
        damaged: gets the paths of those that cannot be read.
    """
    for page in pages:
        try:
            body = _inflated(page.read())
        except (OSError, EOFError, zlib.error) as error:
            logger.warning("%s is damaged and passed over: %s", page.path, error)
            damaged.append(page.path)
            continue
        try:
            yield Batch(_rows(decode_json(body), page.path, endpoint), page.path, page.fetched_at)
        except (ValueError, ContractBroken):
            # The archive also has answers that were no pages, and were asked for again.
            logger.warning("%s is no page of rows and passed over", page.path)


def _rows(document: Any, path: str, endpoint: Endpoint) -> list[Any]:
    """A page without persons was written anew: its rows stand where the plain steps of their path lead."""
    found = document
    for step in endpoint.profile.rows.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return (
        found if isinstance(found, list) else rows_of(endpoint.profile, Reply(path, {}, {}, lambda: document))
    )


def _inflated(body: bytes) -> bytes:
    if not body:
        raise EOFError("it is empty")
    return gzip.decompress(body)
