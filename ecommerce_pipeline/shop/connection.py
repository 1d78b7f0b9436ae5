"""The connection to a shop: proxies, certificates, and dlt's client on top of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import requests
from dlt.sources.helpers.rest_client.client import RESTClient

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.bounds import BoundedAdapter

logger = logging.getLogger(__name__)

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Connection(RESTClient):
    """dlt's client; what it logs of a request would show parameters that it does not know as secret.

    Attributes:
        shown: makes an address fit to be logged.
    """

    shown: Callable[[str], str]

    def _log_request(self, request: requests.Request, prepared_url: str) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s %s", request.method, self.shown(prepared_url))


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
    adapter = BoundedAdapter(settings.response_max_bytes, settings.response_max_seconds, monotonic)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session
