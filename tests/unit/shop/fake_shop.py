"""A shop in memory, behind the client's one method: every request is a moment at which rows may change.

Only what HTTP does not change is faked; endpoints, paging and walks are the real ones.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ecommerce_pipeline.errors import RetryLater, ShopRefused, ShopUnreachable
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import PageRequest, Reply
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.walks import walk
from ecommerce_pipeline.shop.window import Window

START = datetime(2026, 1, 1, tzinfo=UTC)

PAGING: dict[str, dict[str, Any]] = {
    "page_number": {"type": "page_number", "base_page": 1},
    "offset": {"type": "offset"},
    "cursor": {"type": "cursor", "cursor_path": "next", "cursor_param": "token"},
    "stable": {"type": "cursor", "cursor_path": "next", "cursor_param": "token", "stable": True},
}

# (order, paging, what the profile leaves out): one line for each walk that a profile can lead to.
WALKS: dict[str, dict[str, Any]] = {
    "cursor walk": {"order": "cursor", "paging": "page_number"},
    "cursor walk by offset": {"order": "cursor", "paging": "offset"},
    "cursor walk by tokens": {"order": "cursor", "paging": "cursor"},
    "closed window": {"order": "id", "paging": "page_number"},
    "closed window by offset": {"order": "id", "paging": "offset"},
    "closed window by tokens": {"order": "id", "paging": "cursor"},
    "overlapping pages": {"order": "id", "paging": "offset", "until_param": None},
    "stable references": {"order": "cursor", "paging": "stable"},
    "agreeing passes": {"order": "id", "paging": "page_number", "until_param": None},
}


def instant(second: int) -> datetime:
    """Seconds after the start of this shop's time."""
    return START + timedelta(seconds=second)


@dataclass
class FakeShop:
    """Rows of one list: id -> [second of the last change, value]; a second of None is a missing cursor."""

    rows: dict[Any, list[Any]] = field(default_factory=dict)
    order: str = "cursor"
    paging: str = "page_number"
    cap: int = 100
    totals: bool = True
    since_inclusive: bool = True
    hides_missing: bool = True
    ignored: tuple[str, ...] = ()
    refuses_beyond: bool = False
    refusal: int = 404
    deepest: int | None = None
    without_rows: dict[int, str] = field(default_factory=dict)
    repeats_last: bool = False
    total_of: Callable[[int, int], int] = lambda total, on_page: total
    before_answer: Callable[[], None] = lambda: None
    doubled: tuple[Any, ...] = ()
    now: int = 0
    asked: int = 0
    one_at_a_time: Any = field(default_factory=threading.Lock)

    def write(self, key: Any, tick: int = 0) -> None:
        """Insert or edit a row at the present second, after the clock moved by `tick`."""
        self.now += tick
        before = self.rows.get(key, [0, 0])
        self.rows[key] = [self.now, before[1] + 1]

    def shown(self, address: str) -> str:
        """The client's method; there is no secret here."""
        return address

    def get(self, request: PageRequest, use: Any) -> Any:
        """The client's method: one request, one consistent answer, whoever else asks meanwhile."""
        with self.one_at_a_time:
            return self._answer(request, use)

    def _answer(self, request: PageRequest, use: Any) -> Any:
        self.asked += 1
        assert self.asked < 5_000, "the walk does not end"
        self.before_answer()
        params = {name: value for name, value in request.params if name not in self.ignored}
        listed = self._listed(params)
        size = min(int(params.get("size", self.cap)), self.cap)
        begin = self._begin(params, size, listed)
        bad = self.without_rows.get(self.asked) if begin else None
        too_deep = self.deepest is not None and begin > self.deepest
        if bad == "refused" or too_deep:
            raise _refused(404)
        if begin >= len(listed) and begin:
            if self.refuses_beyond:
                raise _refused(self.refusal)
            if self.repeats_last and listed:
                begin = (len(listed) - 1) // size * size
        shown = [] if bad else listed[begin : begin + size]
        document: dict[str, Any] = {"data": [self._shown(key) for key in shown]}
        if begin + size < len(listed):
            document["next"] = self._token(begin + size, listed)
        if self.totals:
            document["total"] = self.total_of(len(listed), len(shown))
        try:
            return use.read(Reply(f"memory:{request.address}", {}, {}, lambda: document))
        except RetryLater as error:  # the client's retries would meet the same
            raise ShopUnreachable(error.reason) from None

    def _shown(self, key: Any) -> dict[str, Any]:
        second, value = self.rows[key]
        moment = None if second is None else instant(second).isoformat()
        return {"id": key, "updated_at": moment, "value": value}

    def _listed(self, params: dict[str, str]) -> list[Any]:
        keys = [key for key in [*self.rows, *self.doubled] if self._matches(self.rows[key][0], params)]
        if self.order == "id":
            return sorted(keys)
        last = self.now + 1  # rows without a cursor stand at the end
        return sorted(keys, key=lambda key: (last if self.rows[key][0] is None else self.rows[key][0], key))

    def _matches(self, second: int | None, params: dict[str, str]) -> bool:
        since, until = params.get("since"), params.get("until")
        if second is None:
            return not ((since or until) and self.hides_missing)
        moment = instant(second)
        if since and (
            moment < datetime.fromisoformat(since)
            or (not self.since_inclusive and moment == datetime.fromisoformat(since))
        ):
            return False
        return not (until and moment >= datetime.fromisoformat(until))

    def _begin(self, params: dict[str, str], size: int, listed: list[Any]) -> int:
        if self.paging == "page_number":
            return (int(params.get("page", 1)) - 1) * size
        if self.paging == "offset":
            return int(params.get("offset", 0))
        if self.paging == "stable" and "token" in params:
            after = tuple(int(part) for part in params["token"].split("-"))
            return sum(1 for key in listed if self._place(key) <= after)
        return int(params.get("token", 0))

    def _place(self, key: Any) -> tuple[int, ...]:
        return (key,) if self.order == "id" else (self.rows[key][0], key)

    def _token(self, begin: int, listed: list[Any]) -> str:
        if self.paging == "stable":
            return "-".join(str(part) for part in self._place(listed[begin - 1]))
        return str(begin)


def _refused(status: int) -> ShopRefused:
    error = ShopRefused(f"{status}")
    error.status = status
    return error


@dataclass
class Reader:
    """Runs of the real walks over a fake shop, and what a warehouse would hold after them."""

    shop: FakeShop
    order: str | None = None
    page_size: int = 3
    changes: dict[str, Any] = field(default_factory=dict)
    cursor_changes: dict[str, Any] = field(default_factory=dict)
    paging_changes: dict[str, Any] = field(default_factory=dict)
    cursor: datetime | None = None
    warehouse: dict[Any, list[Any]] = field(default_factory=dict)
    retries: Counter[str] = field(default_factory=Counter)

    def endpoint(self) -> Endpoint:
        """The endpoint whose client is the shop."""
        declared = {
            "path": "rows",
            "order": self.order or self.shop.order,
            "page_size_param": "size",
            "paging": PAGING[self.shop.paging] | {"total_path": "total" if self.shop.totals else None},
            "cursor": {"since_param": "since", "until_param": "until", **self.cursor_changes},
            **self.changes,
        }
        declared["paging"] = declared["paging"] | self.paging_changes
        profile = ResourceProfile.model_validate(declared)
        client: Any = self.shop
        return Endpoint(client, profile, self.page_size, lambda *body: None, self.retries)

    def run(self, window: Window | None = None, ceiling: datetime | None = None, attempts: int = 5) -> None:
        """One run: walk, merge the newest version of each row, move the cursor as the source does."""
        endpoint = self.endpoint()
        ceiling = ceiling or instant(self.shop.now)
        top = self.cursor
        for page in self.pages(endpoint, window or Window(since=self.cursor), ceiling, attempts):
            for row in page.rows:
                moment = endpoint.cursor(row)
                known = self.warehouse.get(row["id"])
                if known is None or moment is None or known[0] is None or moment >= known[0]:
                    self.warehouse[row["id"]] = [moment, row["value"]]
                if moment:
                    top = min(max(moment, top or moment), ceiling)
        self.cursor = top

    def pages(self, endpoint: Endpoint, window: Window, ceiling: datetime, attempts: int) -> Iterator[Page]:
        """The pages of one walk."""
        return walk(endpoint, window, ceiling, attempts)

    def missing(self) -> dict[Any, list[Any]]:
        """Rows of the shop that the warehouse lacks or has in an older version."""
        truth = {
            key: [None if second is None else instant(second), value]
            for key, (second, value) in self.shop.rows.items()
        }
        return {key: row for key, row in truth.items() if self.warehouse.get(key) != row}
