"""dlt's failures in our words."""

from __future__ import annotations

import errno
import logging
import re
from typing import Any

from dlt.common import logger as dlt_logger
from dlt.common.destination.exceptions import DestinationException
from dlt.load.exceptions import LoadClientJobFailed
from dlt.pipeline.exceptions import PipelineStepFailed

from ecommerce_pipeline.errors import DestinationFailed, PipelineError

logger = logging.getLogger(__name__)

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)

CURES = {
    r"column .* does not exist|no column named|invalid identifier": (
        "Somebody has dropped or renamed a column. Put it back, or run once with --full-refresh, which makes the tables"
        " again and reads everything."
    ),
    r"\bstage\b.*\b(writ\w+|put)\b|\bupload|\bbucket\b|\b403\b|access ?denied|s3:": (
        "See that the loader may read and write the stage or bucket."
    ),
    r"(object|relation|table) .* does not exist": "Somebody has dropped a table; the next run makes it again.",
    r"read-only transaction": "Let the loader's user write (PostgreSQL: `default_transaction_read_only = off`).",
    r"permission denied|insufficient privileges|access control|not authorized|must be owner|role .* does not exist": (
        "Grant the loader's role what it lacks (docs/snowflake.md and docs/warehouses.md list all of it)."
    ),
    r"no space left|disk ?full|could not extend|storage quota|out of space": "Make room in the warehouse.",
    r"resource monitor|exceeded its quota|warehouse .* suspended|no active warehouse": (
        "See that the loader's role may use the warehouse, and that its credits are not used up."
    ),
}
"""What to do, by what a warehouse says; the first that fits counts."""

AS_IT_SHALL_BE = (
    "did not receive any data during this load",
    "is different from extract package schema hash",
)


class FailuresNamed:
    """dlt wraps every failure in its own; what our code raised inside comes out as it was."""

    def __enter__(self) -> None:
        if dlt_logger.LOGGER is not None:
            dlt_logger.LOGGER.addFilter(_without_traceback)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if dlt_logger.LOGGER is not None:
            dlt_logger.LOGGER.removeFilter(_without_traceback)
        if not isinstance(error, Exception) or isinstance(error, PipelineError | BrokenPipeError):
            return
        if _interrupted(error):
            raise KeyboardInterrupt from None
        inner = _ours(error)
        if inner is not None:
            raise inner from None
        if (refused := _refused_file(error)) is not None:
            raise DestinationFailed(
                f"The working folder cannot be written: {refused.strerror or refused}, at"
                f" {refused.filename or 'one of its files'}. Make room or give the right to write there, and run again;"
                " what is committed stays, and the cursor has not moved past it."
            ) from error
        if isinstance(error, PipelineStepFailed | DestinationException):
            step = getattr(error, "step", None)
            what = f"The {step} step" if step else "A statement to the warehouse"
            logger.debug("the step failed", exc_info=error)
            said = _innermost_line(error)
            kept = _kept(step, getattr(error, "exception", error))
            raise DestinationFailed(f"{what} failed: {said} {cure(said)}{kept}") from error


def without_password(text: str) -> str:
    """A text of a driver's, which may show the address or the parameters that it was given."""
    named = re.sub(r"(?i)(password\s*=\s*)('[^']*'|[^\s'&;]+)", r"\1***", text)
    return re.sub(r"(://[^:/@\s]*):.*@", r"\1:***@", named)


def first_line(error: BaseException) -> str:
    """What an error says first, without a password; empty where it says nothing."""
    return next(iter(without_password(str(error)).strip().splitlines()), "")


def cure(said: str) -> str:
    """What to do about what a warehouse says, with a space behind it; empty where nothing is known of it."""
    return next((f"{what} " for words, what in CURES.items() if re.search(words, said, re.IGNORECASE)), "")


def _without_traceback(record: logging.LogRecord) -> bool:
    """dlt logs the traceback of what we say in one sentence; its own line stays, unless it tells of what is as it shall
    be: fields that were null in every row have no column yet, and a schema whose tables were dropped is another one.
    """
    record.exc_info = record.exc_text = None
    return not any(words in record.getMessage() for words in AS_IT_SHALL_BE)


def _kept(step: str | None, cause: BaseException | None) -> str:
    """What became of the data, and what to do."""
    if isinstance(cause, LoadClientJobFailed):
        return "The warehouse refuses this package for good; mend the table, the next run reads the same rows again."
    if step is None:
        return "What is committed stays, and the cursor has not moved past it; mend it and run again."
    if step in ("sync", "extract", "normalize"):
        return "Nothing was loaded and the cursor has not moved; mend it and run again."
    return (
        "What was fetched is kept in the pipeline's working folder: the next run loads it, or reads it again where its"
        " load had begun. A run that was given --since or --until has to be repeated."
    )


def _refused_file(error: BaseException) -> OSError | None:
    """The file that could not be written, where that is what failed; a full disk counts most, others follow from it."""
    chain: list[BaseException] = [error]
    while (following := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(following)
    refused = [item for item in chain if isinstance(item, OSError)]
    full = [item for item in refused if item.errno in FULL_DISK]
    return full[0] if full else error if isinstance(error, OSError) else None


def _interrupted(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _ours(error: BaseException | None) -> PipelineError | None:
    while error is not None:
        if isinstance(error, PipelineError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _innermost_line(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {first_line(error)}".rstrip(".: ") + "."
