"""The reference to the next page, as shops write it and as they should not."""

from __future__ import annotations

from typing import Any

import pytest

from ecommerce_pipeline.errors import ContractBroken
from ecommerce_pipeline.shop.exchange import PageRequest, Reply
from ecommerce_pipeline.shop.paging import reference_paginator, reference_request
from ecommerce_pipeline.shop.profile import Paging

BY_LINK = Paging.model_validate({"type": "json_link", "next_url_path": "next"})
BY_TOKEN = Paging.model_validate({"type": "cursor", "cursor_path": "next", "cursor_param": "token"})


def _following(paging: Paging, reference: Any) -> PageRequest | None:
    reply = Reply("https://shop.example/api/orders?size=3", {}, {}, lambda: {"next": reference})
    request = PageRequest("orders", (("size", "3"),))
    return reference_request(reference_paginator(paging), request, reply)


def test_an_address_in_the_body_is_the_next_request() -> None:
    following = _following(BY_LINK, "https://shop.example/api/orders?size=3&page=2")
    assert following == PageRequest("https://shop.example/api/orders?size=3&page=2")


@pytest.mark.parametrize("address", ["/api/orders?page=2", "?page=2"])
def test_a_relative_address_is_taken_from_the_page_it_stands_on(address: str) -> None:
    assert _following(BY_LINK, address) == PageRequest("https://shop.example/api/orders?page=2")


def test_a_token_joins_the_parameters_of_the_request() -> None:
    assert _following(BY_TOKEN, "abc") == PageRequest("orders", (("size", "3"), ("token", "abc")))


@pytest.mark.parametrize("paging", [BY_LINK, BY_TOKEN])
@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_reference_is_the_last_page(paging: Paging, nothing: Any) -> None:
    assert _following(paging, nothing) is None


@pytest.mark.parametrize("wrong", [5, True, {"url": "x"}, ["x"], {}, "http://[bad"])
def test_a_reference_that_is_no_address_is_refused(wrong: Any) -> None:
    with pytest.raises(ContractBroken, match="reference to the next page"):
        _following(BY_LINK, wrong)


@pytest.mark.parametrize("wrong", [{"token": "x"}, ["x"]])
def test_a_reference_that_is_no_token_is_refused(wrong: Any) -> None:
    with pytest.raises(ContractBroken, match="reference to the next page"):
        _following(BY_TOKEN, wrong)
