"""One request: signed, paced, retried, its answer judged and decoded.

dlt's `RESTClient` is not used: its `paginate` only goes forward, decodes each body twice, and a fault ends it
(https://github.com/dlt-hub/dlt/issues/4036 on `Retry-After: 0`); the walks in `ecommerce_pipeline.shop.walks` ask for
pages in an order of their own. dlt signs requests, and its paginators read references to next pages.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from ecommerce_pipeline.errors import (
    PipelineError,
    RetryLater,
    SettingError,
    ShopRefused,
    ShopUnreachable,
)
from ecommerce_pipeline.records.content import decode_json
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.addresses import base_origin, origin, shown_address
from ecommerce_pipeline.shop.auth import build_auth, forget_token
from ecommerce_pipeline.shop.clock import shop_time
from ecommerce_pipeline.shop.connection import Connection, open_session
from ecommerce_pipeline.shop.exchange import PageRequest, Reply, Result, Use, note_retry
from ecommerce_pipeline.shop.hiding import Hiding
from ecommerce_pipeline.shop.limiter import Limiter
from ecommerce_pipeline.shop.pacing import Pacer
from ecommerce_pipeline.shop.profile import ShopProfile
from ecommerce_pipeline.shop.retry import USABLE_STATUS, judge_network_error, refusal

logger = logging.getLogger(__name__)

TOO_MUCH = frozenset({"server_error", "timeout", "slow_body"})
"""Failures that may come of too many requests at once."""


@dataclass
class Clocks:
    """Where time and chance come from, so that tests can hold them."""

    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: random.Random = field(default_factory=random.Random)


class ShopClient:
    """Talks to one shop; safe to share between threads once built.

    Args:
        profile: the shop's contract.
        settings: secrets, timeouts and retry limits.
        clocks: time and chance.

    Raises:
        SettingError: a secret is missing or cannot be sent, the base address or a file of certificates is none.
    """

    def __init__(self, profile: ShopProfile, settings: Settings, clocks: Clocks | None = None) -> None:
        self.clocks = clocks or Clocks()
        self.shop_clock: datetime | None = None
        self._key_accepted = False
        base_url = (settings.shop_base_url or profile.base_url).rstrip("/") + "/"
        self._settings = settings
        self._origin = _base_origin(base_url)
        self._hiding = Hiding(settings, base_url)
        session = open_session(base_url, settings, self.clocks.monotonic)
        self._auth = build_auth(profile.auth, settings, session)
        self._connection = Connection(base_url, self._auth, session, settings)
        self.connections = min(settings.connections, profile.pacing.max_connections or settings.connections)
        self._limiter = Limiter(self.connections, self.clocks.monotonic)
        self._pacer = Pacer(
            profile.pacing, self.clocks.monotonic, lambda: self.clocks.now().timestamp(), self.clocks.sleep
        )

    def shown(self, address: str) -> str:
        """An address as it may be logged, stored or printed, free of secrets."""
        return self._hiding.address(address)

    def get(self, request: PageRequest, use: Use[Result]) -> Result:
        """What `use.read` makes of the answer to one request, after as many retries as the settings allow.

        Args:
            request: what to ask.
            use: what is done with the answer; `read` may raise `RetryLater`.

        Raises:
            ShopRefused, ContractBroken: trying again is of no use.
            ShopUnreachable: all attempts failed.
        """
        self._refuse_other_hosts(request)
        for attempt in itertools.count(1):
            try:
                return self._once(request, use)
            except RetryLater as error:
                failed = error
            use.go_on()
            if failed.code == "throttled":
                self._limiter.refused()
            elif failed.code in TOO_MUCH:
                self._limiter.overloaded()
            pause = self._pause(failed, attempt)
            if attempt >= self._settings.request_attempts:
                break
            note_retry(use.retries, failed.code)
            address = self.shown(request.address)
            logger.warning("retry GET %s: %s, waiting %.1f s", address, failed.reason, pause)
            if failed.code == "throttled" and failed.after_seconds:
                self._pacer.hold(pause)  # the shop means all threads
            else:
                self.clocks.sleep(pause)
        raise ShopUnreachable(
            f"GET {self.shown(request.address)} failed {attempt} times, last: {failed.reason}."
            " Nothing is lost: check the address and the shop, then run again."
        )

    def _pause(self, error: RetryLater, attempt: int) -> float:
        """The shop's own wish where it has one, else exponential with full jitter."""
        longest = self._settings.retry_after_max_seconds
        if error.after_seconds is not None and error.after_seconds > longest:
            raise ShopUnreachable(
                f"The shop asks for a pause of {error.after_seconds:.0f} s ({error.reason}), more than"
                f" `retry_after_max_seconds` = {longest:.0f}. Run again later, or raise the setting."
            )
        own = min(self._settings.backoff_seconds * 2 ** (attempt - 1), self._settings.backoff_max_seconds)
        jittered: float = own * (0.5 + self.clocks.random.random() / 2)
        # `Retry-After: 0` means at once for the first time; a shop that repeats it gets our own pauses.
        if error.after_seconds is not None and (error.after_seconds > 0 or attempt == 1):
            return error.after_seconds
        return jittered

    def _once(self, request: PageRequest, use: Use[Result]) -> Result:
        response = self._send(request, use)
        if response.status_code == 401:
            # A token may have expired on the way. A new one is tried once; a key that was accepted
            # a moment ago is tried as often as any other fault passes.
            forget_token(self._auth, response.request)
            response = self._send(request, use)
            if response.status_code == 401 and self._key_accepted:
                raise RetryLater("401 Unauthorized, after the key had been accepted", "expired_token")
        address = self.shown(str(response.url))
        if self._pacer.learn(response.headers, self._limiter.under_way):
            self._limiter.overloaded()
        if response.status_code not in USABLE_STATUS:
            raise refusal(response, address, self.clocks.now(), self._hiding, not self._settings.has_persons)
        self._key_accepted = True
        if self.shop_clock is None:
            self.shop_clock = shop_time(response.headers, self.clocks.now())
        return use.read(self._reply(response, address, use))

    def _reply(self, response: requests.Response, address: str, use: Use[Result]) -> Reply:
        body = self._hiding.body(response.content)
        use.go_on()
        unchanged = body is response.content
        use.keep(body, getattr(response, "packed", None) if unchanged else None)
        as_sent = None if unchanged else response.content
        decode, hide = functools.partial(self._decode, response, body), self._hiding.text
        links = response.links if "Link" in response.headers else {}
        return Reply(address, response.headers, links, decode, str(response.url), body, as_sent, hide)

    def _send(self, request: PageRequest, use: Use[Result]) -> requests.Response:
        asked = request.address
        try:
            asked = self._connection.url(request)
            with self._limiter.slot():
                use.go_on()
                self._pacer.wait()
                use.go_on()  # the wait can be long
                if logger.isEnabledFor(logging.DEBUG):
                    logger.debug("GET %s", self.shown(asked))
                began = self.clocks.monotonic()
                response = self._connection.get(asked)
            if use.kind and response.status_code in USABLE_STATUS:
                self._limiter.answered(use.kind, self.clocks.monotonic() - began)
            return response
        except requests.RequestException as error:
            failed = self._judge(error, asked)
        finally:
            self._hiding.remember(getattr(self._auth, "access_token", None))
        # Raised here, it has no context: dlt keeps the texts of contexts, and those of `requests` show addresses.
        raise failed

    def abort(self) -> None:
        """End what is under way: whoever waits for an answer gets an error at once."""
        self._connection.abort()

    def _judge(self, error: requests.RequestException, address: str) -> PipelineError:
        answer = error.response  # that of the token endpoint of OAuth2
        if isinstance(error, requests.HTTPError) and answer is not None:
            return refusal(answer, self.shown(answer.url), self.clocks.now(), self._hiding)
        asked = error.request.url if error.request is not None else None
        return judge_network_error(error, self.shown(asked or address))

    def _decode(self, response: requests.Response, body: bytes) -> Any:
        if response.status_code == 204:
            return None
        if not body.strip():
            raise RetryLater("200 with an empty body", "empty_body")
        with contextlib.suppress(ValueError):
            return decode_json(body)
        kind = response.headers.get("Content-Type", "no content type")
        code = "html" if "html" in kind else "broken_json"
        # Raised here, it has no context: that of the decoder has the whole body.
        raise RetryLater(f"200 with a body that is not JSON ({self._hiding.text(kind)[:100]})", code)

    def _refuse_other_hosts(self, request: PageRequest) -> None:
        if "://" not in request.address and not request.address.startswith("//"):
            return
        try:
            elsewhere = origin(request.address) != self._origin
        except ValueError:
            elsewhere = True
        if elsewhere:
            scheme, host, port = self._origin
            raise ShopRefused(
                f"The shop's next page lies elsewhere, at {self.shown(request.address)!r}, expected"
                f" {scheme}://{host}:{port}. It is not asked, the key must not travel there. Set `base_url` to the"
                " address that serves the pages."
            )


def _base_origin(base_url: str) -> tuple[str, str, int]:
    try:
        return base_origin(base_url)
    except ValueError:
        raise SettingError(
            f"The shop's base address is {shown_address(base_url)!r}, expected one that begins with https:// or http://"
            " and names a host, without user, password and parameters. Correct"
            " `sources.ecommerce.shop_base_url` or the profile's `base_url`."
        ) from None
