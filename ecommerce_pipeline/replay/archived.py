"""Archived pages, read again."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.replay.archive_files import ArchivedFile, pages_in
from ecommerce_pipeline.replay.reader import Batch
from ecommerce_pipeline.shop.answer import rows_of
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import Reply

logger = logging.getLogger(__name__)


def archived_batches(
    files: Iterable[ArchivedFile], endpoint: Endpoint, damaged: list[str]
) -> Iterator[Batch]:
    """The rows of archived pages, page by page.

    Args:
        files: of one resource, oldest first.
        endpoint: knows where a page has its rows.
        damaged: gets the paths of those of which some page cannot be read.
    """
    for file in files:
        try:
            for number, body in enumerate(pages_in(file.read()), 1):
                yield from _batch(body, f"{file.path}#{number}", file.fetched_at, endpoint)
        except (OSError, EOFError, zlib.error) as error:
            logger.warning("%s is damaged, what is left of it is loaded: %s", file.path, error)
            damaged.append(file.path)


def _batch(body: bytes, path: str, fetched_at: datetime, endpoint: Endpoint) -> Iterator[Batch]:
    try:
        yield Batch(_rows(decode_json(body), path, endpoint), path, fetched_at)
    except (ValueError, ContractBroken):
        # The archive also has answers that were no pages, and were asked for again.
        logger.warning("%s is no page of rows and passed over", path)


def _rows(document: Any, path: str, endpoint: Endpoint) -> list[Any]:
    """A page without persons was written anew: its rows stand where the plain steps of their path lead."""
    found = document
    for step in endpoint.profile.rows.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return (
        found if isinstance(found, list) else rows_of(endpoint.profile, Reply(path, {}, {}, lambda: document))
    )
