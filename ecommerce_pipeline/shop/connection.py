"""The connection to a shop: addresses, signatures, proxies, certificates."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import requests
from dlt.sources.helpers.rest_client.auth import AuthConfigBase
from dlt.sources.helpers.rest_client.utils import join_url

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.bounds import BoundedAdapter
from ecommerce_pipeline.shop.exchange import PageRequest
from ecommerce_pipeline.shop.transport import Transport

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Connection:
    """Makes questions signed requests and sends them; what all of them have in common is prepared once.

    Args:
        base_url: where the shop is.
        auth: signs requests, None for an open API.
        session: see `open_session`.
        settings: the bounds.
    """

    def __init__(
        self, base_url: str, auth: AuthConfigBase | None, session: requests.Session, settings: Settings
    ) -> None:
        self._base_url, self._auth, self._session = base_url, auth, session
        timeouts = (settings.connect_timeout_seconds, settings.read_timeout_seconds)
        self._transport = Transport(session, settings.response_max_bytes, timeouts)
        self._headers: dict[str, Any] = {**session.headers, "Accept": "application/json"}
        self._signing = threading.Lock()
        self._path = functools.lru_cache(maxsize=64)(self._prepared)

    def url(self, asked: PageRequest) -> str:
        """The whole address of a question.

        Raises:
            requests.RequestException: it makes no address.
        """
        whole = "://" in asked.address
        if whole or "?" in asked.address or "#" in asked.address:
            address = asked.address if whole else join_url(self._base_url, asked.address)
            prepared = requests.PreparedRequest()
            prepared.prepare_url(address, asked.params)
            return str(prepared.url)
        path = self._path(asked.address)
        return (
            f"{path}?{'&'.join([_written(name, value) for name, value in asked.params])}"
            if asked.params
            else path
        )

    def get(self, url: str) -> requests.Response:
        """The answer to a signed request.

        Raises:
            requests.RequestException, RetryLater, ShopRefused: no answer came, or no access token.
        """
        request = requests.PreparedRequest()
        request.method, request.url = "GET", url
        request.headers = self._headers.copy()  # type: ignore[assignment]  # a dict is a quarter of the cost
        if self._auth is not None:
            with self._signing:  # one thread fetches an access token, the others wait for it
                self._auth(request)
        if self._session.cookies:
            cookies = requests.cookies.get_cookie_header(self._session.cookies, request)  # type: ignore[no-untyped-call]
            request.headers.update({"Cookie": cookies} if cookies else {})
        return self._transport.send(request)

    def abort(self) -> None:
        """End what is being exchanged."""
        self._transport.abort()

    def _prepared(self, path: str) -> str:
        prepared = requests.PreparedRequest()
        prepared.prepare_url(join_url(self._base_url, path), None)
        return str(prepared.url)


@functools.lru_cache(maxsize=256)
def _written(name: str, value: str) -> str:
    """A parameter as it travels; most of a request's are those of the request before."""
    return f"{quote_plus(name)}={quote_plus(value)}"


def open_session(base_url: str, settings: Settings, monotonic: Callable[[], float]) -> requests.Session:
    """A session that bounds answers, and looks up proxies and certificates once, not at every request.

    Args:
        base_url: where the shop is.
        settings: the bounds.
        monotonic: the clock that times answers, seconds.

    Raises:
        SettingError: the environment names certificates that do not exist.
    """
    session = requests.Session()
    session.proxies = dict(requests.utils.get_environ_proxies(base_url))
    for name in BUNDLES:
        if bundle := os.environ.get(name):
            if not Path(bundle).exists():
                raise SettingError(
                    f"{name} is {bundle!r}, expected a file or folder of certificates. Correct or unset it."
                )
            session.verify = bundle
            break
    session.trust_env = False
    most, seconds = settings.response_max_bytes, settings.response_max_seconds
    adapter = BoundedAdapter(most, seconds, monotonic, settings.connections)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session
