"""What a demo shop can be told: one declaration, read by code, by tests and by the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args

from ecommerce_pipeline.demo.faults import Faults
from ecommerce_pipeline.errors import SettingError

RESOURCES = ("customers", "products", "orders", "order_items", "payments", "deliveries")

Paging = Literal["page_number", "offset", "cursor", "header_link", "json_link"]
Sort = Literal["updated_at", "-updated_at", "id", "-id"]
Precision = Literal["microsecond", "millisecond", "second"]
Auth = Literal["bearer", "api_key", "basic", "oauth2"]

CHANGEABLE = (
    *("paging", "sort", "page_size", "max_page_size", "totals", "live", "writes_per_request"),
    *(
        "auth",
        "token",
        "token_lifetime",
        "latency_seconds",
        "rate_limit",
        "stall_seconds",
        "retry_after_seconds",
        "faults",
        "clock",
    ),
)
"""Options that concern answers alone, so that an open shop can change them; the others shaped its data."""

_STEPS = {"microsecond": 1, "millisecond": 1_000, "second": 1_000_000}
_CHOICES = {"paging": Paging, "sort": Sort, "precision": Precision, "auth": Auth}


def utc_now() -> datetime:
    """The present instant, aware UTC."""
    return datetime.now(UTC)


def truncate(moment: datetime, precision: Precision) -> datetime:
    """The instant cut down to the precision that the shop stores."""
    step = _STEPS[precision]
    return moment if step == 1 else moment.replace(microsecond=moment.microsecond // step * step)


@dataclass(frozen=True)
class Sizes:
    """How many records a shop has on the day it opens; lines, payments and deliveries follow the orders."""

    customers: int = 300
    products: int = 120
    orders: int = 1000


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True)
class ShopOptions:
    """All properties of a demo shop. Times are seconds, instants aware UTC, shares and rates 0 to 1.

    Raises:
        SettingError: a value that is not among the allowed ones, or `opened_at` without a zone.
    """

    seed: int = field(default=7, metadata=_help("the same seed gives the same shop"))
    opened_at: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    clock: Callable[[], datetime] = utc_now
    sizes: Sizes | Mapping[str, int] = Sizes()
    token: str = field(
        default="demo-key", metadata=_help("the key, password or client secret that is accepted")
    )
    auth: Auth = field(
        default="bearer", metadata=_help("how a request is signed; user and client id are `demo`")
    )
    token_lifetime: float = field(
        default=3600.0, metadata=_help("seconds after which an OAuth2 token expires")
    )
    paging: Paging = field(default="page_number", metadata=_help("how one page leads to the next"))
    sort: Sort = field(
        default="updated_at", metadata=_help("order of lists; --sort=-id and --sort=-updated_at descend")
    )
    precision: Precision = field(
        default="microsecond", metadata=_help("precision of all instants, stored and served")
    )
    page_size: int = field(
        default=100, metadata=_help("rows per page unless the request asks for another number")
    )
    max_page_size: int | None = field(
        default=None, metadata=_help("cap larger page sizes at this number, silently")
    )
    totals: bool = field(default=True, metadata=_help("report in each page how many rows match"))
    embed_items: bool = field(
        default=False, metadata=_help("orders carry their lines in a list `items`, too")
    )
    tombstones: bool = field(
        default=False, metadata=_help("deleted rows stay in the lists with `deleted_at`; else they vanish")
    )
    invalid_share: float = field(default=0.03, metadata=_help("share of records that break the contract"))
    same_second_block: int = field(
        default=0, metadata=_help("how many rows of each list share one `updated_at`")
    )
    live: bool = field(default=False, metadata=_help("apply the events that are due before each answer"))
    writes_per_request: int = field(default=0, metadata=_help("random writes before each list is answered"))
    latency_seconds: float = field(default=0.0, metadata=_help("wait before each answer"))
    rate_limit: float | None = field(
        default=None, metadata=_help("requests per second; more are answered with 429")
    )
    stall_seconds: float = field(
        default=2.0, metadata=_help("how late an answer is that suffers the fault `timeout`")
    )
    retry_after_seconds: int = field(default=1, metadata=_help("the pause that 429 answers ask for"))
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in get_args(choices):
                raise SettingError(
                    f"The demo shop's `{name}` is {getattr(self, name)!r},"
                    f" expected one of {', '.join(get_args(choices))}."
                )
        if self.opened_at.tzinfo is None:
            raise SettingError(
                f"The demo shop's `opened_at` is {self.opened_at}, expected an instant with zone."
            )
        if self.page_size < 1 or (self.max_page_size is not None and self.max_page_size < 1):
            raise SettingError("The demo shop's page sizes must be 1 or more.")

    @property
    def counts(self) -> Sizes:
        """The sizes; a mapping names those that differ from the usual ones."""
        return self.sizes if isinstance(self.sizes, Sizes) else Sizes(**self.sizes)

    def stamp(self, moment: datetime | None = None) -> datetime:
        """An instant, by default the clock's, in the precision that the shop stores."""
        return truncate((moment or self.clock()).astimezone(UTC), self.precision)
