"""The profile's auth declaration and the settings' secrets become one of dlt's auth objects."""

from __future__ import annotations

import re

import requests
from dlt.sources.helpers.rest_client.auth import (
    APIKeyAuth,
    AuthConfigBase,
    BearerTokenAuth,
    HttpBasicAuth,
    OAuth2ClientCredentials,
)

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.settings import SECTION, Settings
from ecommerce_pipeline.shop.profile import Auth

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
    return OAuth2ClientCredentials(
        access_token_url=str(auth.access_token_url),
        client_id=_secret(auth, settings, "shop_client_id"),
        client_secret=_secret(auth, settings, "shop_client_secret"),
        access_token_request_data=dict(auth.access_token_request_data),
        session=session,
    )


def forget_token(auth: AuthConfigBase | None) -> None:
    """Make the next request fetch a new access token, where the kind of auth has one."""
    if isinstance(auth, OAuth2ClientCredentials):
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
