"""The walks of lists in which no place and no value can be held on to: whole passes that are compared."""

from __future__ import annotations

from collections.abc import Iterator

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.shop.endpoint import Endpoint
from ecommerce_pipeline.shop.page import Page
from ecommerce_pipeline.shop.readings import Tally, chain, complete, miscount
from ecommerce_pipeline.shop.unsettled import Unsettled
from ecommerce_pipeline.shop.window import Window


def agreeing_passes(endpoint: Endpoint, window: Window, attempts: int) -> Iterator[Page]:
    """Read the whole window until two passes in a row are equal, and as many rows come as the shop reports.

    For lists that can be neither closed nor overlapped. An edit that shifts a row out of sight in one pass
    also changes what the next pass shows. One page is one moment, and needs no second pass.
    """
    before: list[int] | None = None
    reason = "the list changed"
    for _ in range(attempts):
        seen = Tally()
        try:
            for page in chain(endpoint, window):
                yield page
                seen.add(page)
        except Unsettled as unsettled:
            reason, before = str(unsettled), None
            continue
        if all(complete(total, seen.rows) for total in seen.totals):
            if len(seen.pages) == 1 or seen.pages == before:
                return
        else:
            reason = miscount(next(iter(seen.totals)), seen.rows)
        before = seen.pages
    raise ContractBroken(
        f"{endpoint.profile.path}: {reason} in each of {attempts} readings. Nothing is lost, the cursor"
        " stays; run when the shop is quieter, or declare `cursor.until_param` in the profile if the shop has one."
    )


def stable_references(endpoint: Endpoint, window: Window) -> Iterator[Page]:
    """Follow each page's own reference to the next; for references that point at a row, not at a place.

    An edited row may come twice, and a shop may have a key twice: the total lies between the distinct
    rows and all that came.

    Raises:
        Unsettled: the total stood still and other numbers of rows came.
    """
    seen = Tally()
    for page in chain(endpoint, window):
        yield page
        seen.add(page)
    total = next(iter(seen.totals))
    if len(seen.totals) == 1 and total is not None and not len(seen.keys) <= total <= seen.rows:
        raise Unsettled(miscount(total, len(seen.keys)))
