"""What one answer or network error means: take it, try again, or stop.

Forms of `Retry-After`: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

import requests

from ecommerce_pipeline.errors import (
    ContractBroken,
    PipelineError,
    RetryLater,
    RunFailed,
    ShopRefused,
)
from ecommerce_pipeline.shop.bounds import AnswerTooLarge
from ecommerce_pipeline.shop.clock import http_date
from ecommerce_pipeline.shop.hiding import Hiding

USABLE_STATUS = frozenset({200, 204})
TRANSIENT_STATUS = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})

DIGITS = re.compile(r"\d{1,9}(\.\d+)?")


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the shop asks us to wait: seconds, never negative; None where it does not say.

    Args:
        headers: headers of the answer; `Retry-After` may hold seconds or an HTTP date.
        now: the present instant, for the date form.
    """
    text = headers.get("Retry-After", "").strip()
    if DIGITS.fullmatch(text):
        return float(text)
    moment = http_date(text)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def refusal(
    answer: requests.Response, address: str, now: datetime, hiding: Hiding, quoted: bool = True
) -> PipelineError:
    """What the caller has to do after an answer that is of no use.

    Args:
        answer: its status is not one of `USABLE_STATUS`.
        address: the answer's address, free of secrets.
        now: the present instant.
        hiding: what may not be shown of the answer; some shops quote the key that they refuse.
        quoted: whether the answer may be quoted at all; it may be a page of persons.

    Returns:
        RetryLater: the answer may be better next time.
        ShopRefused: key, permission or address are wrong.
        ContractBroken: the shop does not understand the request that its profile describes.
    """
    status = answer.status_code
    shown = f"{status} {_phrase(status)}".strip()
    pause = retry_after_seconds(answer.headers, now)
    if status == 429 or (status == 403 and pause is not None):
        return RetryLater(shown, "throttled", pause)
    if status in TRANSIENT_STATUS or status >= 500:
        return RetryLater(shown, "server_error", pause)
    final = _final(answer, shown, address, hiding, quoted)
    final.status = status
    return final


def judge_network_error(error: requests.RequestException, address: str) -> PipelineError:
    """The network error in our own words; that of `requests` may quote a header, and so the key."""
    if isinstance(error, requests.Timeout):
        return RetryLater("no answer in time", "timeout")
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return RetryLater("the answer broke off", "truncated")
    if isinstance(error, requests.ConnectionError):
        return RetryLater(f"no connection: {_innermost(error)}", "connection")
    if isinstance(error, AnswerTooLarge):
        refused = ShopRefused(
            f"{address} answered with more than {error.most} bytes, expected at most `response_max_bytes`."
            " Set a smaller `page_size`, or raise `response_max_bytes`."
        )
        refused.status = 200
        return refused
    return ShopRefused(
        f"GET {address} cannot be sent ({type(error).__name__}). Check `base_url` and the paths of the profile."
    )


def _final(answer: requests.Response, shown: str, address: str, hiding: Hiding, quoted: bool) -> RunFailed:
    status = answer.status_code
    if status == 401:
        return ShopRefused(
            f"GET {address} answered {shown}: the shop does not accept the key."
            " Check the shop's secret in .dlt/secrets.toml and the profile's `auth`."
        )
    if status == 403:
        return ShopRefused(
            f"GET {address} answered {shown}: the key is known but may not read this."
            " Give it read permission for this list, or leave the resource out with --resources."
        )
    if 300 <= status < 400:
        target = hiding.address(answer.headers.get("Location", "nowhere"))
        return ShopRefused(
            f"GET {address} answered {shown} to {target}; redirects are not followed,"
            " the key must not travel to another host. Set `base_url` to the final address."
        )
    if status == 404:
        return ShopRefused(f"GET {address} answered {shown}. Check `base_url` and the resource's `path`.")
    excerpt = f": {hiding.text(answer.text)[:200]!r}" if quoted else ""
    return ContractBroken(
        f"GET {address} answered {shown}{excerpt}. Expected a page of rows; check the profile."
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _innermost(error: BaseException) -> str:
    """The operating system's own words, for example `Connection refused`."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return getattr(error, "strerror", None) or type(error).__name__
