"""One list of the API: a window of its cursor becomes requests, an answer becomes a page."""

from __future__ import annotations

import copy
import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ecommerce_pipeline.errors import ContractBroken, RetryLater, ShopRefused
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.answer import rows_of, total_of
from ecommerce_pipeline.shop.client import ShopClient
from ecommerce_pipeline.shop.exchange import Keep, PageRequest, Reply, Use, keep_nothing
from ecommerce_pipeline.shop.page import Page, PageCount, identities_of
from ecommerce_pipeline.shop.paging import (
    body_of,
    number_param,
    reference_paginator,
    reference_request,
    value_at,
    with_param,
)
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.timed import Timed
from ecommerce_pipeline.shop.typed_pages import TypedPages
from ecommerce_pipeline.shop.typed_rows import Lazily, TypedRows
from ecommerce_pipeline.shop.window import Window

NEVER_AN_END = frozenset({200, 401, 403, *range(300, 400)})
"""Answers that tell of the key, the address or a page too large, and nothing of the length of a list."""


class Endpoint(Timed):
    """Asks for the pages of one resource.

    Args:
        client: sends the requests.
        profile: the resource's part of the shop profile.
        page_size: rows per page, None for the profile's.
        keep: gets the body of every answer before anything else looks at it (the archive).
        retries: counter that gets the retries of this resource by kind.
        mask: takes the persons out of a row; then the rows without them are kept, and no body.
        most_pages: more are never asked for.

    Attributes:
        typed: decodes pages of which it is known what their rows look like.
        go_on: raises where nothing more shall be asked or kept.
    """

    def __init__(
        self,
        client: ShopClient,
        profile: ResourceProfile,
        page_size: int | None,
        keep: Keep,
        retries: Counter[str],
        mask: Callable[[Any], Any] | None = None,
        most_pages: int = Settings.list_max_pages,
    ) -> None:
        super().__init__(profile)
        self.page_size = page_size or profile.page_size
        self.retries = retries
        self.largest_page = 0
        self._asked = PageCount()
        self._client = client
        self._paginator = reference_paginator(profile.paging)
        self._keep, self._mask = keep, mask
        self.most_pages = most_pages
        self.typed: TypedPages | None = None
        self.go_on: Callable[[], None] = lambda: None
        self._kind = f"{profile.path} {self.page_size}"

    def twin(self) -> Endpoint:
        """The same list for another thread: paging has a state, pages are counted together."""
        twin = copy.copy(self)
        twin._paginator = reference_paginator(self.profile.paging)
        return twin

    @property
    def pages(self) -> int:
        """How many pages have come."""
        return self._asked.pages

    @property
    def steps_by_offset(self) -> bool:
        """Whether a page may begin at any row."""
        return self.profile.paging.type == "offset"

    @property
    def counts_pages(self) -> bool:
        """Whether we count pages or rows ourselves; else the shop names the next page."""
        return self.profile.paging.type in ("page_number", "offset")

    @property
    def full_page(self) -> int:
        """How many rows a full page has: as many as were asked for, or as ever came."""
        return self.page_size if self.profile.page_size_param else self.largest_page

    def first(self, window: Window) -> PageRequest:
        """The request of a window's first page."""
        paging = self.profile.paging
        params = {name: str(value) for name, value in self.profile.params.items()}
        if self.profile.page_size_param:
            params[self.profile.page_size_param] = str(self.page_size)
        params |= self.bounds(window)
        if paging.type == "page_number":
            params[paging.page_param] = str(paging.base_page)
        if paging.type == "offset":
            params[paging.offset_param] = "0"
        return PageRequest(str(self.profile.path), tuple(params.items()))

    def at_offset(self, request: PageRequest, offset: int) -> PageRequest:
        """The same request, beginning at another row; for shops that page by offset."""
        return with_param(request, self.profile.paging.offset_param, offset)

    def page(self, request: PageRequest) -> Page:
        """Ask for one page.

        Raises:
            ShopRefused, ShopUnreachable: see `ShopClient.get`.
            ContractBroken: the body has no list of rows where the profile says, or the list never ends.
        """
        if self.pages >= self.most_pages:
            raise ContractBroken(
                f"{self.profile.path}: the list has not ended after {self.pages} pages, expected at most"
                " `list_max_pages`. The cursor stays. Raise the setting, or `page_size`, if it is as long as that."
            )
        keep = keep_nothing if self._mask else self._keep
        use = Use(keep, functools.partial(self._read, request), self.retries, self._kind, self.go_on)
        try:
            page = self._client.get(request, use)
        except (ShopRefused, ContractBroken) as error:
            if request.beyond is None or error.status in NEVER_AN_END:
                raise
            # Many shops refuse a page beyond the end (404 in Django REST framework, 400 in WooCommerce).
            total = request.beyond if self.reports_totals else None
            page = Page(request, self.shown(request), [], [], [], total, None)
        self._asked.count()
        return page

    def shown(self, request: PageRequest) -> str:
        """The address of a request, free of secrets."""
        return self._client.shown(request.address)

    @property
    def reports_totals(self) -> bool:
        """Whether the shop reports how many rows match."""
        return bool(self.profile.paging.total_path or self.profile.paging.total_header)

    def count(self, window: Window) -> int | None:
        """How many rows the shop reports for a window, None where it reports no totals; asks for one row.

        Raises:
            ShopRefused, ShopUnreachable: see `ShopClient.get`.
            ContractBroken: there is no number where the profile says.
        """
        if not self.reports_totals:
            return None
        request, size = self.first(window), self.profile.page_size_param
        return self._client.get(
            with_param(request, size, 1) if size else request,
            Use(keep_nothing, self._total, self.retries, go_on=self.go_on),
        )

    def key(self, row: Any) -> Any:
        """The row's primary key as the shop sent it, None where it has none."""
        return value_at(row, self.profile.key)

    def _read(self, request: PageRequest, reply: Reply) -> Page:
        typed = None if self._mask else self._decoded(reply.body)
        return self._read_typed(request, reply, *typed) if typed else self._read_rows(request, reply)

    def _decoded(self, body: bytes) -> tuple[TypedRows, Any] | None:
        return self.typed.decode(body) if self.typed and body else None

    def _read_typed(self, request: PageRequest, reply: Reply, typed: TypedRows, document: Any) -> Page:
        reply = replace(reply, decode=lambda: document)
        length, size, total = len(typed.rows), len(reply.body), self._total(reply)
        self.largest_page = max(self.largest_page, length)
        rows, cursors = Lazily(length, typed.raw), Lazily(length, typed.moments)
        following = self._following(request, reply, length, total)
        return Page(
            request, reply.address, rows, typed.identities, cursors, total, following, typed=typed, size=size
        )

    def _read_rows(self, request: PageRequest, reply: Reply) -> Page:
        rows, total = rows_of(self.profile, reply), self._total(reply)
        typed: TypedRows | None = None
        if self._mask:
            rows = [self._mask(row) for row in rows]
            masked = body_of(self.profile, rows, total)
            self._keep(masked, None)
            typed, _ = self._decoded(masked) or (None, None)
        # A reference may rightly lead to a page that has become empty; the walks count what came.
        if not rows and total and self.counts_pages and self.before(request) < total:
            raise RetryLater(f"an empty page where {total} rows are reported", "empty_page")
        self.largest_page = max(self.largest_page, len(rows))
        cursors = [self.floor(value) if value else None for value in map(self.cursor, rows)]
        identities = identities_of(rows, map(self.key, rows))
        following = self._following(request, reply, len(rows), total)
        size = len(reply.body)
        kept = Lazily(len(rows), typed.raw) if typed else rows
        return Page(
            request, reply.address, kept, identities, cursors, total, following, typed=typed, size=size
        )

    def before(self, request: PageRequest) -> int:
        """How many rows stand before this page, at least; 0 where the style of paging does not tell."""
        paging = self.profile.paging
        if self.steps_by_offset:
            return number_param(request, paging.offset_param)
        if paging.type == "page_number":
            return (number_param(request, paging.page_param) - paging.base_page) * self.largest_page
        return 0

    def _total(self, reply: Reply) -> int | None:
        return total_of(self.profile.paging, reply) if self.reports_totals else None

    def _following(
        self, request: PageRequest, reply: Reply, rows: int, total: int | None
    ) -> PageRequest | None:
        paging = self.profile.paging
        if paging.type == "single_page":
            return None
        if self.counts_pages:
            return self._next_number(request, rows, total)
        return reference_request(self._paginator, request, reply)

    def _next_number(self, request: PageRequest, rows: int, total: int | None) -> PageRequest | None:
        """dlt's range paginators step by the page size that was asked for; a shop that silently caps
        it would lose rows, so the offset moves by what came, and page numbers go on until a page is empty.

        A total that is too low, or counts the page and not the list, must not end a list: after a full page
        the next one is asked for all the same.
        """
        paging = self.profile.paging
        if not rows:
            return None
        if self.steps_by_offset:
            before = number_param(request, paging.offset_param) + rows
            following = self.at_offset(request, before)
        else:
            following = with_param(request, paging.page_param, number_param(request, paging.page_param) + 1)
            before = self.before(following)
        if total is None or before < total:
            return following
        return replace(following, beyond=total) if rows >= self.full_page else None
