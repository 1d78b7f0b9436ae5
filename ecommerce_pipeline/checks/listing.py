"""One list of the shop, read beside the loads: what comes is looked at, and neither kept nor loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.exchange import keep_nothing
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.profile import ResourceProfile
from ecommerce_pipeline.shop.walks import walk
from ecommerce_pipeline.shop.walks.slices import slices
from ecommerce_pipeline.shop.window import Window
from ecommerce_pipeline.source.reading import Reading
from ecommerce_pipeline.source.repeats import identity
from ecommerce_pipeline.source.tombstones import deleted_at

SLICE_ROWS = 25_000
"""How many rows one part has at most, where the shop can filter by both ends: so many keys are held in memory."""


class Listing:
    """Reads one list.

    Args:
        reading: the run.
        name: the resource.
        params: sent with every request beside those of the profile.
    """

    def __init__(self, reading: Reading, name: str, params: Mapping[str, Any] | None = None) -> None:
        declared = reading.profile.resources[name]
        self.name = name
        self.ceiling = reading.ceiling(name)
        self.endpoint = Endpoint(
            reading.client,
            declared.model_copy(update={"params": {**declared.params, **(params or {})}}),
            reading.settings.page_size,
            keep_nothing,
            reading.accounts[name].retries,
            reading.maskers.get(name),
            reading.settings.list_max_pages,
        )
        self._reading = reading

    @property
    def profile(self) -> ResourceProfile:
        """What the shop's profile says of the list."""
        return self.endpoint.profile

    @property
    def since_is_known(self) -> bool:
        """Whether the shop can leave out rows that changed before an instant."""
        return self.profile.cursor.since_param is not None

    def parts(self, window: Window) -> Iterator[Window]:
        """A closed window in parts that are compared one by one, oldest first."""
        if self.since_is_known and self.profile.cursor.until_param:
            return slices(self.endpoint, window, SLICE_ROWS)
        return iter([window if self.since_is_known else Window()])

    def pages(self, window: Window) -> Iterator[Page]:
        """The pages of a window, read without loss; see `walk`."""
        return walk(self.endpoint, window, self.ceiling, self._reading.settings.window_attempts)

    def changed_since(self, moment: datetime) -> Iterator[Page]:
        """What changed from a moment in the past until now; the whole list where the shop cannot say."""
        clocks = self._reading.client.clocks
        ceiling = self.ceiling + (clocks.now() - self._reading.started_at)
        window = Window(since=moment) if self.since_is_known else Window()
        return walk(self.endpoint, window, max(ceiling, self.ceiling), self._reading.settings.window_attempts)

    def keys(self, page: Page) -> set[str]:
        """The `identity` of all rows of a page, deleted ones included."""
        return {name for row in page.rows if (name := identity(self.endpoint.key(row)))}

    def standing(self, page: Page) -> dict[str, Any]:
        """The keys of a page's rows, by `identity`, without those that the shop lists as deleted."""
        now = self._reading.started_at
        keys = ((row, self.endpoint.key(row)) for row in page.rows)
        return {
            str(identity(key)): key
            for row, key in keys
            if identity(key) and not deleted_at(self.endpoint, row, now)
        }
