"""The profile's auth declaration and the settings' secrets become one of dlt's auth objects."""

from __future__ import annotations

import re
from typing import Any

import pendulum
import requests
from dlt.sources.helpers.rest_client.auth import (
    APIKeyAuth,
    AuthConfigBase,
    BearerTokenAuth,
    HttpBasicAuth,
    OAuth2ClientCredentials,
)

from ecommerce_pipeline.errors import RetryLater, SettingError, ShopRefused
from ecommerce_pipeline.settings import SECTION, Settings
from ecommerce_pipeline.shop.addresses import shown_address
from ecommerce_pipeline.shop.profile import Auth
from ecommerce_pipeline.shop.retry import TRANSIENT_STATUS

LONGEST_LIFE_SECONDS = 10 * 365 * 86_400
SENDABLE = re.compile(r"[!-~\xa1-\xff]([ -~\xa1-\xff]*[!-~\xa1-\xff])?")


def build_auth(auth: Auth, settings: Settings, session: requests.Session) -> AuthConfigBase | None:
    """The signer of requests, or None for an open API.

    Raises:
        SettingError: a secret that this kind of auth needs is not set.
    """
    if auth.type == "none":
        return None
    if auth.type == "bearer":
        return BearerTokenAuth(token=_secret(auth, settings, "shop_token"))
    if auth.type == "api_key":
        return APIKeyAuth(name=auth.name, api_key=_secret(auth, settings, "shop_api_key"), location="header")
    if auth.type == "http_basic":
        # An empty password is legal: some shops take the key as the user's name.
        user = _secret(auth, settings, "shop_username")
        password = _secret(auth, settings, "shop_password") if settings.shop_password else ""
        return HttpBasicAuth(username=user, password=password)
    return ClientCredentials(
        access_token_url=str(auth.access_token_url),
        client_id=_secret(auth, settings, "shop_client_id"),
        client_secret=_secret(auth, settings, "shop_client_secret"),
        access_token_request_data=dict(auth.access_token_request_data),
        session=session,
        timeout_seconds=(settings.connect_timeout_seconds, settings.read_timeout_seconds),
    )


class ClientCredentials(OAuth2ClientCredentials):
    """dlt's OAuth2 with a timeout, without redirects (the secret must not travel), and its answer checked."""

    def __init__(self, timeout_seconds: tuple[float, float], **declared: Any) -> None:
        super().__init__(**declared)
        self.timeout_seconds = timeout_seconds

    def obtain_token(self) -> None:
        """Ask for a new access token.

        Raises:
            RetryLater: the answer is no JSON.
            ShopRefused: the shop gives no token.
            requests.RequestException: no usable answer came; `response` has it if there is one.
        """
        answer = self.session.post(
            self.access_token_url,
            timeout=self.timeout_seconds,
            allow_redirects=False,
            **self.build_access_token_request(),
        )
        if answer.status_code in TRANSIENT_STATUS | {429} or answer.status_code >= 500:
            raise requests.HTTPError(response=answer)
        document = _document(answer) if answer.status_code in (200, 201) else {}
        token = document.get("access_token")
        if not isinstance(token, str) or not SENDABLE.fullmatch(token):
            raise ShopRefused(
                f"POST {shown_address(self.access_token_url)} answered {answer.status_code} without an access token."
                " Check `auth.access_token_url` of the profile and the client's id and secret in .dlt/secrets.toml."
            )
        self.access_token = token
        self.token_expiry = pendulum.now().add(seconds=self._life_seconds(document.get("expires_in")))

    def _life_seconds(self, told: Any) -> int:
        """Ten years at most, dlt's default where the shop does not say."""
        text = str(told)
        return min(int(text), LONGEST_LIFE_SECONDS) if text.isdecimal() else self.default_token_expiration


def _document(answer: requests.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if document is None:
        # Raised here, the error has no context: that of the decoder has the whole body.
        raise RetryLater("the access token came in a body that is not JSON", "broken_json")
    return document if isinstance(document, dict) else {}


def forget_token(auth: AuthConfigBase | None, refused: requests.PreparedRequest) -> None:
    """Make the next request fetch a new access token, where the kind of auth has one.

    Args:
        auth: signs requests.
        refused: bore the token; another one that was fetched meanwhile stays, or requests under way would in turn
            throw away what the others have fetched.
    """
    bore = refused.headers.get("Authorization")
    if isinstance(auth, OAuth2ClientCredentials) and bore == f"Bearer {auth.access_token}":
        auth.access_token = None


def _secret(auth: Auth, settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if not value:
        variable = f"{SECTION}.{name}".upper().replace(".", "__")
        raise SettingError(
            f"The shop's profile asks for `{auth.type}` and `{SECTION}.{name}` is not set."
            f" Put it into .dlt/secrets.toml or the environment variable {variable}."
        )
    if not SENDABLE.fullmatch(str(value)):
        raise SettingError(
            f"`{SECTION}.{name}` has a line end, a blank around it or a character that no header can carry."
            " Copy it again without."
        )
    return str(value)
