"""A shop's declared contract: what a profile may say, and what is checked of it.

Values at the top of the file are defaults for every resource; a resource may declare its own.
Names of paging and auth kinds and of their arguments are those of dlt's `rest_api` source
(https://dlthub.com/docs/dlt-ecosystem/verified-sources/rest_api/basic), so that what a person
knows from there works here.
"""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from ecommerce_pipeline.shop.addresses import base_origin, origin

RESOURCES = ("customers", "products", "orders", "order_items", "payments", "deliveries")

YEAR_SECONDS = 366 * 86_400
CENTURY_DAYS = 36_525

InstantFormat = Literal["rfc3339", "naive", "unix", "unix_ms", "rfc2822"]
Order = Literal["cursor", "-cursor", "id", "unknown"]


class Declaration(BaseModel):
    """Base of all parts of a profile: frozen, and a key that nobody declared is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Auth(Declaration):
    """How requests are signed; the secrets themselves come from `.dlt/secrets.toml`."""

    type: Literal["none", "bearer", "api_key", "http_basic", "oauth2_client_credentials"]
    name: str = Field(
        "Authorization",
        pattern=r"^[0-9A-Za-z!#$%&'*+.^_`|~-]+$",
        description="header that carries the key, for `api_key`",
    )
    access_token_url: str | None = None
    access_token_request_data: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _token_address(self) -> Auth:
        if self.type == "oauth2_client_credentials" and not self.access_token_url:
            raise ValueError("`access_token_url` is needed for oauth2_client_credentials")
        if self.access_token_url:
            origin(self.access_token_url)
        return self


PAGING_KEYS: dict[str, tuple[str, ...]] = {
    "single_page": (),
    "page_number": ("page_param", "base_page"),
    "offset": ("offset_param",),
    "cursor": ("cursor_path", "cursor_param"),
    "header_cursor": ("cursor_key", "cursor_param"),
    "header_link": ("links_next_key",),
    "json_link": ("next_url_path",),
}
"""What each type of paging takes beside `type`, `total_path`, `total_header` and `stable`."""


class Paging(Declaration):
    """How one page leads to the next, in the words of dlt's paginators."""

    type: Literal[
        "single_page", "page_number", "offset", "cursor", "header_cursor", "header_link", "json_link"
    ]
    base_page: int = 0
    page_param: str = "page"
    offset_param: str = "offset"
    total_path: str | None = Field(None, description="where the body says how many rows match in all")
    total_header: str | None = Field(None, description="header that says it, for example X-WP-Total")
    next_url_path: str = "next"
    links_next_key: str = "next"
    cursor_path: str = "cursors.next"
    cursor_param: str = "cursor"
    cursor_key: str = "next"
    stable: bool = Field(
        False,
        description="a page's reference to the next points at a row (keyset), not at a place in the list",
    )

    @model_validator(mode="after")
    def _keys_of_the_type(self) -> Paging:
        allowed = PAGING_KEYS[self.type]
        elsewhere = {key for keys in PAGING_KEYS.values() for key in keys if key not in allowed}
        if strange := sorted(self.model_fields_set & elsewhere):
            expected = ", ".join(f"`{key}`" for key in allowed) or "nothing"
            raise ValueError(
                f"for type {self.type!r} beside the total: {expected}; `{strange[0]}` is of another type"
            )
        return self


class Cursor(Declaration):
    """The field that says when a row last changed, and how the shop filters by it.

    `until_param` closes a window at its upper end. `lag_seconds` is how far behind the shop's clock
    the cursor stays, for shops whose rows become visible late. `trailing_days` is how far back a comparison reads
    every row, for shops that edit rows and leave their time as it was; None for as far as the list goes.
    """

    field: str = "updated_at"
    format: InstantFormat = "rfc3339"
    timezone: str = "UTC"
    precision: Literal["second", "millisecond", "microsecond"] = "second"
    since_param: str | None = None
    until_param: str | None = None
    since_inclusive: bool = Field(True, description="whether a row of exactly the instant asked for comes")
    lag_seconds: float = Field(5.0, ge=0, le=YEAR_SECONDS)
    trailing_days: float | None = Field(None, ge=0, le=CENTURY_DAYS)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("a zone of the IANA database, for example Europe/Berlin") from None
        return value


class Pacing(Declaration):
    """How fast the shop may be asked, and the headers in which it says how much is left."""

    requests_per_second: float | None = Field(None, ge=0.001, allow_inf_nan=False)
    max_connections: int | None = Field(None, ge=1)
    remaining_header: str | None = None
    used_header: str | None = Field(None, description="a header of the form used/limit, as Shopify sends")
    reset_header: str | None = None
    reset_unit: Literal["seconds", "milliseconds", "unix"] = "seconds"


class ResourceProfile(Declaration):
    """One list of the API, or rows that are embedded in another resource's rows."""

    path: str | None = None
    rows: str = Field("data", description="where the rows are in the body; `$` for a bare list")
    key: str = "id"
    order: Order = "unknown"
    page_size: int = Field(100, gt=0)
    page_size_param: str | None = None
    params: dict[str, str | int | float | bool] = Field(default_factory=dict)
    sweep_params: dict[str, str | int | float | bool] = Field(default_factory=dict)
    tombstone: str | None = None
    embedded_in: str | None = None
    embedded_field: str | None = None
    parent_field: str = "order_id"
    fields: dict[str, str] = Field(default_factory=dict)
    money_scale: int = Field(0, ge=0, le=9)
    paging: Paging
    cursor: Cursor

    @model_validator(mode="after")
    def _own_or_embedded(self) -> ResourceProfile:
        if (self.path is None) == (self.embedded_in is None):
            raise ValueError(
                "either `path` (a list of its own) or `embedded_in` (part of another resource's rows)"
            )
        if self.embedded_in and not self.embedded_field:
            raise ValueError("`embedded_field`: the field of the parent's row that holds the list")
        for ours, theirs in (("id", self.key), ("updated_at", self.cursor.field)):
            if self.fields.get(ours, theirs) != theirs:
                raise ValueError(
                    f"`fields.{ours}` and the declared key or cursor naming the same field, {theirs!r}"
                )
        return self


class ShopProfile(Declaration):
    """The whole contract of one shop."""

    name: str
    base_url: str
    id_type: Literal["integer", "text"] = "integer"
    auth: Auth
    pacing: Pacing = Field(default_factory=lambda: Pacing.model_validate({}))
    resources: dict[str, ResourceProfile]

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        base_origin(value)
        return value.rstrip("/")

    @field_validator("resources")
    @classmethod
    def _known_resources(cls, value: dict[str, ResourceProfile]) -> dict[str, ResourceProfile]:
        for name, resource in value.items():
            if name not in RESOURCES:
                raise ValueError(f"resources out of {', '.join(RESOURCES)}; {name} is not one")
            if resource.embedded_in and resource.embedded_in not in value:
                raise ValueError(f"`{name}.embedded_in` naming a declared resource")
        return value
