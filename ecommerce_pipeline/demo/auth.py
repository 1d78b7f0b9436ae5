"""Who may ask: bearer token, key in a header, basic, OAuth2 client credentials."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from ecommerce_pipeline.demo.answer import Answer, RefusedError, Request
from ecommerce_pipeline.demo.options import ShopOptions

USER = "demo"
WITHOUT_PAYMENTS = "no-payments"
"""A second key, which is accepted but may not read payments."""


class Doorman:
    """Checks the key of a request. OAuth2 tokens live as long as the shop's clock says."""

    def __init__(self, options: ShopOptions) -> None:
        self.options = options
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()
        self._issued = 0

    def check(self, request: Request) -> str:
        """The key behind the request, one of the two that are known.

        Raises:
            RefusedError: 401, there is no key, a wrong one, or an expired token.
        """
        offered = self._offered(request.headers)
        key = self._behind(offered) if self.options.auth == "oauth2" else offered
        if key not in (self.options.token, WITHOUT_PAYMENTS):
            raise self._refusal("The key is missing, wrong or expired.")
        return key

    def expire(self, request: Request) -> RefusedError:
        """Let a valid token expire now; an OAuth2 token stays expired, a key only for this answer."""
        with self._lock:
            self._tokens.pop(self._offered(request.headers), None)
        return self._refusal("The token has expired.")

    def grant(self, request: Request) -> Answer:
        """A new OAuth2 token for the client's credentials (RFC 6749, section 4.4).

        Raises:
            RefusedError: 400 for another grant type, 401 for wrong credentials.
        """
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if form.get("grant_type") != "client_credentials":
            raise RefusedError(400, "unsupported_grant_type", "Expected grant_type=client_credentials.")
        client, secret = form.get("client_id"), form.get("client_secret")
        if client is None:
            client, _, secret = _basic(request.headers.get("authorization", "")).partition(":")
        if client != USER or secret not in (self.options.token, WITHOUT_PAYMENTS):
            raise self._refusal("The client id or secret is wrong.")
        return Answer(body=json.dumps(self._issue(secret)).encode(), headers={"Cache-Control": "no-store"})

    def _issue(self, secret: str) -> dict[str, object]:
        lifetime = self.options.token_lifetime
        with self._lock:
            self._issued += 1
            name = f"{self.options.seed}|{secret}|{self._issued}"
            token = hashlib.sha256(name.encode()).hexdigest()[:32]
            self._tokens[token] = (secret, self.options.clock() + timedelta(seconds=lifetime))
        return {"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime)}

    def _behind(self, token: str) -> str:
        with self._lock:
            secret, until = self._tokens.get(token, ("", None))
        return secret if until is not None and self.options.clock() < until else ""

    def _offered(self, headers: dict[str, str]) -> str:
        if self.options.auth == "api_key":
            return headers.get("x-api-key", "")
        authorization = headers.get("authorization", "")
        if self.options.auth == "basic":
            user, _, password = _basic(authorization).partition(":")
            return password if user == USER else ""
        scheme, _, token = authorization.partition(" ")
        return token if scheme.lower() == "bearer" else ""

    def _refusal(self, message: str) -> RefusedError:
        scheme = "Basic" if self.options.auth == "basic" else "Bearer"
        return RefusedError(401, "unauthorized", message, {"WWW-Authenticate": f'{scheme} realm="demo shop"'})


def _basic(authorization: str) -> str:
    """`user:password` of a basic Authorization header, empty where it is none."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        return ""
