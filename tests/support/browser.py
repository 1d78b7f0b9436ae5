"""The machine's own browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
QUIET_BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
PATIENCE_MS = 60_000


@contextmanager
def browser(width: int = 1400, height: int = 2400, scale: float = 1) -> Iterator[Page]:
    """An empty page that reaches nothing but this machine.

    Args:
        width: of the window, pixels.
        height: likewise.
        scale: pixels of a picture for one of the window.
    """
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_BROWSER)
        page = opened.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
        page.set_default_timeout(PATIENCE_MS)
        page.route(re.compile(r"^https?://(?!127\.0\.0\.1[:/])"), lambda route: route.abort())
        expect.set_options(timeout=PATIENCE_MS)
        yield page
        opened.close()
