"""From a request to its answer: door, limit, faults, then the list or the record."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from typing import Protocol

from ecommerce_pipeline.demo.answer import Answer, RefusedError, Request, maintenance_page, page_not_found
from ecommerce_pipeline.demo.auth import WITHOUT_PAYMENTS, Doorman
from ecommerce_pipeline.demo.contract import Row
from ecommerce_pipeline.demo.faults import FaultDice
from ecommerce_pipeline.demo.limits import RateLimit
from ecommerce_pipeline.demo.listing import Selection, Slice
from ecommerce_pipeline.demo.options import RESOURCES, ShopOptions
from ecommerce_pipeline.demo.paging import Flaws, page_of, understand
from ecommerce_pipeline.demo.render import Renderer

_ROUTE = re.compile(rf"/api/(?P<resource>{'|'.join(RESOURCES)})(?:/(?P<id>[0-9]{{1,18}}))?/?")


@dataclass(frozen=True)
class ServedRequest:
    """What was asked and answered.

    Attributes:
        method: HTTP method.
        path: path without the query.
        query: parameters; of a repeated one, the last.
        status: status of the answer, 0 where the connection was closed without one.
        bytes: length of the body that was sent, compressed if it was.
        fault: the fault that the request suffered on purpose, None for a proper answer.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int
    bytes: int
    fault: str | None = None


class Shop(Protocol):
    """What the routes need of a shop."""

    @property
    def options(self) -> ShopOptions:
        """The options that hold now."""

    @property
    def renderer(self) -> Renderer:
        """Writes rows as JSON."""

    def read(self, resource: str, selection: Selection) -> Slice:
        """One slice of a list."""

    def one(self, resource: str, identity: int) -> Row | None:
        """One record, None where there is none."""

    def touch_random(self) -> str:
        """One random write."""


class Routes:
    """Answers requests from any thread."""

    def __init__(self, shop: Shop) -> None:
        self.log: list[ServedRequest] = []
        self.closing = threading.Event()
        self._shop = shop
        self._doorman = Doorman(shop.options)
        self.follow(shop.options)

    def follow(self, options: ShopOptions) -> None:
        """Answer by other options from now on; the count of a rate limit and of faults begins anew."""
        self.options = options
        self._doorman.options = options
        self._limit = RateLimit(options.rate_limit)
        self._dice = FaultDice(options.faults, options.seed)

    def answer(self, request: Request) -> Answer:
        """The answer to any request; never raises for what a client does."""
        try:
            if request.path == "/oauth/token" and self.options.auth == "oauth2":
                return self._token(request)
            found = _ROUTE.fullmatch(request.path)
            if found is None:
                return page_not_found()
            if request.method != "GET":
                raise RefusedError(405, "method_not_allowed", "The shop is read with GET.", {"Allow": "GET"})
            return self._api(request, found["resource"], found["id"])
        except RefusedError as refused:
            return refused.answer

    def _token(self, request: Request) -> Answer:
        if request.method != "POST":
            raise RefusedError(
                405, "method_not_allowed", "Tokens are asked for with POST.", {"Allow": "POST"}
            )
        return self._doorman.grant(request)

    def _api(self, request: Request, resource: str, identity: str | None) -> Answer:
        key = self._doorman.check(request)
        if resource == "payments" and key == WITHOUT_PAYMENTS:
            raise RefusedError(403, "forbidden", "This key may not read payments.")
        headers = self._limit.admit()
        self._pause(self.options.latency_seconds)
        fault, rng = self._dice.draw(_address(request))
        answer = self._instead(request, fault, rng)
        if answer is None:
            answer = self._proper(request, resource, identity, fault, rng)
        answer.headers |= headers
        answer.fault = fault
        return answer

    def _instead(self, request: Request, fault: str | None, rng: Random) -> Answer | None:
        """The answer of a fault that needs no data; None for all others."""
        if fault == "reset":
            return Answer(reset=True)
        if fault == "html":
            return maintenance_page()
        if fault == "expired_token":
            return self._doorman.expire(request).answer
        if fault == "server_error":
            return RefusedError(rng.choice((500, 502, 503)), "server_error", "Something broke.").answer
        if fault is not None and fault.startswith("throttle_"):
            return RefusedError(429, "too_many_requests", "Slow down.", self._retry_after(fault)).answer
        return None

    def _retry_after(self, fault: str) -> dict[str, str]:
        pause = self.options.retry_after_seconds
        if fault == "throttle_date":
            moment = self.options.clock() + timedelta(seconds=pause)
            # An HTTP date has whole seconds: rounded up, so that the pause is never too short.
            whole = moment + timedelta(microseconds=-moment.microsecond % 1_000_000)
            return {"Retry-After": format_datetime(whole, usegmt=True)}
        values = {"throttle_seconds": str(pause), "throttle_zero": "0"}
        return {"Retry-After": values[fault]} if fault in values else {}

    def _proper(
        self, request: Request, resource: str, identity: str | None, fault: str | None, rng: Random
    ) -> Answer:
        if fault == "timeout":
            self._pause(self.options.stall_seconds)
        answer = (
            self._list(request, resource, fault, rng)
            if identity is None
            else self._record(resource, identity)
        )
        if fault == "broken_json":
            return replace(answer, body=answer.body[: max(1, math.ceil(len(answer.body) * 2 / 3) - 1)])
        return replace(answer, cut=fault == "truncated")

    def _list(self, request: Request, resource: str, fault: str | None, rng: Random) -> Answer:
        asked = understand(request, self.options)
        for _ in range(self.options.writes_per_request):
            self._shop.touch_random()
        piece = self._shop.read(resource, asked.selection)
        flaws = Flaws(
            loop=fault == "loop",
            added_to_total=rng.choice((-3, -2, -1, 1, 2, 3)) if fault == "lying_total" else 0,
            empty=fault == "empty_page",
        )
        document, headers = page_of(request, self.options, asked, piece, flaws)
        return Answer(body=self._shop.renderer.body(document), headers=headers)

    def _record(self, resource: str, identity: str) -> Answer:
        row = self._shop.one(resource, int(identity))
        if row is None:
            raise RefusedError(404, "not_found", f"There is no record {identity} in {resource}.")
        return Answer(body=self._shop.renderer.body({"data": row}))

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self.closing.wait(seconds)


def _address(request: Request) -> str:
    return f"{request.path}?{sorted(request.query.items())}"
