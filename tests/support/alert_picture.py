"""Makes docs/alert-mail.png from a mail that was really sent: `make alert-picture`.

A project of its own loads the demo shop and builds its models, somebody deletes rows, the next load does not reach
the shop: one mail tells all of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from email.message import EmailMessage
from html import escape
from pathlib import Path

import duckdb

from tests.conftest import ROOT
from tests.support.browser import browser
from tests.support.ports import free_port
from tests.support.receivers import html_of, mail_server

PICTURE = ROOT / "docs" / "alert-mail.png"

HEADERS = """<div style="font-family:sans-serif;font-size:14px;line-height:1.6;padding:12px 26px;background:#fff">
<b style="font-size:18px">{Subject}</b><br>From {From} to {To}<br>{Date}</div>"""


def photograph(mail: EmailMessage, file: Path) -> None:
    """Show a mail as a mail program does and keep what is seen as a picture."""
    headers = {name: escape(mail[name]) for name in ("Subject", "From", "To", "Date")}
    with browser(width=860, height=400, scale=1.25) as page:
        page.set_content(HEADERS.format(**headers) + html_of(mail))
        page.screenshot(path=file, full_page=True)


def main() -> None:
    """Load, fail, receive, photograph."""
    with tempfile.TemporaryDirectory() as folder, mail_server() as box:
        project = Path(folder)
        (project / ".dlt").mkdir()
        shutil.copy(ROOT / "pipelines.py", project)
        for name in ("config.toml", ".workspace"):
            shutil.copy(ROOT / ".dlt" / name, project / ".dlt")
        _run(project, {})
        with duckdb.connect(str(project / "raw.duckdb")) as warehouse:
            warehouse.execute("DELETE FROM ecommerce.payments WHERE id <= 12")
        _run(project, {}, "check")
        away = {"SHOP_BASE_URL": f"http://127.0.0.1:{free_port()}/api", "SHOP_TOKEN": "key"}
        _run(project, {**away, "BACKOFF_SECONDS": "0.01", "ALERT_CHANNELS": box.address})
        (mail,) = box.mails
        photograph(mail, PICTURE)


def _run(project: Path, settings: dict[str, str], *arguments: str) -> None:
    env = {f"SOURCES__ECOMMERCE__{name}": value for name, value in settings.items()}
    subprocess.run(
        [sys.executable, "pipelines.py", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        check=False,
    )


if __name__ == "__main__":
    main()
