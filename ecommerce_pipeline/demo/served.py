"""What every shop has that can be served: options, start and stop, the list of served requests."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

from ecommerce_pipeline.demo.contract import Row
from ecommerce_pipeline.demo.listing import Selection, Slice
from ecommerce_pipeline.demo.options import CHANGEABLE, ShopOptions
from ecommerce_pipeline.demo.render import Renderer
from ecommerce_pipeline.demo.routes import Routes, ServedRequest
from ecommerce_pipeline.demo.server import Server
from ecommerce_pipeline.errors import SettingError


class ServedShop(ABC):
    """Serve it with `with shop.serve() as address:` or with `start()` and `stop()`."""

    def __init__(self, options: ShopOptions) -> None:
        self.options = options
        self.renderer = Renderer(options.precision)
        self._routes = Routes(self)
        self._server: Server | None = None
        self._starting = threading.Lock()

    @abstractmethod
    def read(self, resource: str, selection: Selection) -> Slice:
        """One slice of a list, in one consistent state."""

    @abstractmethod
    def one(self, resource: str, identity: int) -> Row | None:
        """One record, instants and money not yet as texts; None where there is none."""

    @abstractmethod
    def touch_random(self, rng: Random | None = None) -> str:
        """One random ordinary write; returns which kind."""

    @property
    def requests(self) -> list[ServedRequest]:
        """All requests since the shop was made, in the order of their answers; `clear()` it to count anew."""
        return self._routes.log

    def change(self, **changes: Any) -> None:
        """Change options of the open shop; the next answer follows them.

        Raises:
            SettingError: an option that shaped the shop's data (not in `CHANGEABLE`), or a wrong value.
        """
        for name in changes:
            if name not in CHANGEABLE:
                raise SettingError(
                    f"An open shop cannot change `{name}`, only {', '.join(CHANGEABLE)}. Open another shop."
                )
        self.options = replace(self.options, **changes)
        self._routes.follow(self.options)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serve inside a `with` block; gives the address."""
        address = self.start(port)
        try:
            yield address
        finally:
            self.stop()

    def start(self, port: int = 0) -> str:
        """Serve on 127.0.0.1 from now on.

        Args:
            port: 0 for any free port.

        Returns:
            The address, `http://127.0.0.1:PORT`; the same one if the shop is served already.

        Raises:
            SettingError: the port is taken.
        """
        with self._starting:
            if self._server is None:
                self._server = Server(self._routes, port)
            return self._server.address

    def stop(self) -> None:
        """End serving and close open connections. Data stays; the shop can start again."""
        with self._starting:
            server, self._server = self._server, None
        if server is not None:
            server.stop()
