"""An access token that is refused gives way to one new token, however many requests bore it."""

from __future__ import annotations

import pytest
import requests

from ecommerce_pipeline.shop.auth import ClientCredentials, forget_token


def _bearing(token: str) -> requests.PreparedRequest:
    return requests.Request("GET", "http://shop", headers={"Authorization": f"Bearer {token}"}).prepare()


@pytest.mark.parametrize(("bore", "left"), [("old-token", "new-token"), ("new-token", None)])
def test_a_refusal_takes_away_the_token_that_was_refused_and_no_newer_one(
    bore: str, left: str | None
) -> None:
    auth = ClientCredentials(
        timeout_seconds=(1, 1), access_token_url="http://shop/token", client_id="demo", client_secret="secret"
    )
    auth.access_token = "new-token"
    forget_token(auth, _bearing(bore))
    assert auth.access_token == left
