"""Waiting for a warehouse that somebody else holds open."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import tenacity
from dlt.destinations.exceptions import DestinationConnectionError

from ecommerce_pipeline.errors import DestinationFailed
from ecommerce_pipeline.load.duckdb_bounds import is_duckdb
from ecommerce_pipeline.load.failures import cure, without_password

logger = logging.getLogger(__name__)

LOCKED = "lock on file"
"""DuckDB's own words; a file has one writer (https://duckdb.org/docs/stable/connect/concurrency)."""

PAUSE_SECONDS = 0.5

HEADERS_BYTES = 3 * 4096
"""A DuckDB file begins with three headers (https://duckdb.org/docs/stable/internals/storage)."""

MAGIC = b"DUCK"
"""What stands in the first of them, behind the eight bytes of a checksum."""


def wait_until_free(pipeline: dlt.Pipeline, seconds: float, sleep: Callable[[float], None]) -> None:
    """Return when the warehouse lets us in.

    Args:
        pipeline: knows the warehouse.
        seconds: how long to wait.
        sleep: waits for a number of seconds.

    Raises:
        DestinationFailed: it is still locked, or cannot be opened at all; what was fetched stays for the next run.
    """

    def tell(state: tenacity.RetryCallState) -> None:
        if state.attempt_number == 1:
            logger.warning("%s; waiting up to %.0f s", _reason(state), seconds)

    def refuse(state: tenacity.RetryCallState) -> None:
        raise DestinationFailed(
            f"{_reason(state)}, still after {seconds:.0f} s. Close it there and run again, or raise"
            " `sources.ecommerce.destination_wait_seconds`; what was fetched is kept and loaded by the next run."
        )

    tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_locked),
        stop=tenacity.stop_after_attempt(1 + int(seconds / PAUSE_SECONDS)),
        wait=tenacity.wait_fixed(PAUSE_SECONDS),
        sleep=sleep,
        before_sleep=tell,
        retry_error_callback=refuse,
    )(_knock, pipeline)


def _knock(pipeline: dlt.Pipeline) -> None:
    try:
        _discard_stillborn(pipeline)
        with pipeline.destination_client():
            pass
    except Exception as error:  # drivers raise what they like
        if _is_locked(error):
            raise
        section = f"[destination.{pipeline.destination.destination_name}.credentials]"
        said = _words(error)
        advice = cure(said) or f"Check it and its credentials under {section}. "
        raise DestinationFailed(
            f"The warehouse cannot be opened: {said} {advice}Then run again; what was fetched is kept."
        ) from None


def _discard_stillborn(pipeline: dlt.Pipeline) -> None:
    """Delete a DuckDB file that is shorter than its own headers: a full disk or a kill ended its making, it never held
    a row, and DuckDB would refuse it for ever. A file of somebody else's stays.
    """
    if is_duckdb(pipeline):
        configuration: Any = pipeline.destination_client().config
        file = Path(str(configuration.credentials.database))
        if file.is_file() and file.stat().st_size < HEADERS_BYTES and _is_begun(file.read_bytes()):
            logger.warning("%s was never finished and holds nothing; it is made anew", file)
            file.unlink()


def _is_begun(content: bytes) -> bool:
    """Whether a file is empty, or the beginning of one of DuckDB's."""
    return not content.strip(b"\0") or content[8:].startswith(MAGIC)


def _is_locked(error: BaseException) -> bool:
    return isinstance(error, DestinationConnectionError) and LOCKED in str(error)


def _reason(state: tenacity.RetryCallState) -> str:
    """DuckDB names the process that holds the file in one sentence, and an address in the next."""
    error = state.outcome.exception() if state.outcome else None
    return f"The warehouse is open elsewhere: {_words(error).rstrip('.')}"


def _words(error: BaseException | None) -> str:
    """What the driver said, without dlt's advice around it, as one sentence."""
    told = without_password(str(error))
    _, reason, words = told.partition("reason given is: ")
    lines = (words if reason else told).partition(" See also")[0].strip().splitlines()
    return (lines[0].rstrip(".") if lines else type(error).__name__) + "."
