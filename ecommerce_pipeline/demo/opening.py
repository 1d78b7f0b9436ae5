"""The shop that lives on between runs: a small file remembers when it opened, the rest follows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ecommerce_pipeline.demo.options import ShopOptions
from ecommerce_pipeline.demo.shop import DemoShop
from ecommerce_pipeline.errors import SettingError

FILE = "demo_shop.json"


def open_demo_shop(folder: Path, now: datetime, **options: Any) -> DemoShop:
    """Open the shop of a folder, as it stands at `now`.

    The first opening writes `demo_shop.json` (`seed` and `opened_at`) into the folder. Every opening
    makes the data of the first day again from the seed and applies the events that are due until `now`.

    Args:
        folder: made if it is not there.
        now: aware instant; the opening day of a new shop, the present of an old one.
        options: values for `ShopOptions`.

    Raises:
        SettingError: the file cannot be read or written, or the folder's shop has another seed or opening day
            than the options ask for.
    """
    path = folder / FILE
    wanted = {"seed": options.pop("seed", None), "opened_at": options.pop("opened_at", None)}
    if path.exists():
        seed, opened_at = _remembered(path)
        for name, value in (("seed", seed), ("opened_at", opened_at)):
            if wanted[name] not in (None, value):
                raise SettingError(
                    f"{path}: the shop of this folder has `{name}` {value}, got {wanted[name]}."
                    " Use another folder, or delete the file to open a new shop."
                )
    else:
        seed, opened_at = wanted["seed"] or ShopOptions.seed, wanted["opened_at"] or now.astimezone(UTC)
        _remember(path, seed, opened_at)
    shop = DemoShop(ShopOptions(seed=seed, opened_at=opened_at, **options))
    shop.advance(now)
    return shop


def _remember(path: Path, seed: int, opened_at: datetime) -> None:
    text = json.dumps({"seed": seed, "opened_at": opened_at.isoformat()})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    except OSError as error:
        raise SettingError(
            f"{path} cannot be written: {error.strerror}. Choose another folder for the demo shop."
        ) from error


def _remembered(path: Path) -> tuple[int, datetime]:
    try:
        document = json.loads(path.read_text())
        seed, opened_at = document["seed"], datetime.fromisoformat(document["opened_at"])
        if type(seed) is not int or opened_at.tzinfo is None:
            raise ValueError("a seed or a zone is missing")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingError(
            f"{path} cannot be used: {error!r}. Expected `seed` and `opened_at`;"
            " delete the file to open a new shop."
        ) from error
    return seed, opened_at
