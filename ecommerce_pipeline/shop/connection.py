"""The connection to a shop: proxies, certificates, and dlt's client on top of it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import requests
from dlt.sources.helpers.rest_client.client import RESTClient

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.shop.addresses import shown_address

logger = logging.getLogger(__name__)

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Connection(RESTClient):
    """dlt's client; what it logs of a request would show parameters that it does not know as secret."""

    def _log_request(self, request: requests.Request, prepared_url: str) -> None:
        logger.debug("%s %s", request.method, shown_address(prepared_url))


def open_session(base_url: str) -> requests.Session:
    """A session that looks up proxies and certificates once, not at every request.

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
    return session
