"""The virtual environment that has dbt for a warehouse. Adapters hold other packages at old releases, so that some have
one of their own.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.load.destination import destination_type
from ecommerce_pipeline.load.requirements import LAKE
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.profile import OF_KIND

MADE = ("postgres", "snowflake")
"""Warehouses for which a make target installs dbt."""

COMMANDS = "Scripts" if os.name == "nt" else "bin"


def dbt_command(settings: Settings) -> Path:
    """dbt for the warehouse that the configuration names.

    Args:
        settings: may name the environment.

    Raises:
        SettingError: there are no models for this warehouse, or its dbt is not installed.
    """
    kind = destination_type()
    if kind not in OF_KIND:
        what = "The lake" if kind == LAKE else f"The destination `{kind}`"
        raise SettingError(
            f"{what} has no models; they are built in {', '.join(OF_KIND)}. Set `sources.ecommerce.transform` to false,"
            " and only the rows are loaded."
        )
    own = Path(sys.prefix)
    if settings.dbt_environment:
        folder = Path(settings.dbt_environment)
    elif find_spec("dbt.adapters." + kind):
        folder = own
    else:
        made = sorted(own.parent.glob(f"*-dbt-{kind}"))  # ours may be one of several that stand beside it
        folder = made[0] if made else own.with_name(f"{own.name}-dbt-{kind}")
    command = folder / COMMANDS / "dbt"
    if not command.exists() and not command.with_suffix(".exe").exists():
        raise SettingError(
            f"There is no dbt for {kind} in {folder}: {_how_to_get(kind)}, name another virtual environment as"
            " `sources.ecommerce.dbt_environment`, or set `sources.ecommerce.transform` to false."
        )
    return command


def _how_to_get(kind: str) -> str:
    return f"run `make dbt-{kind}`" if kind in MADE else f"install dbt-core 1.11 and dbt-{kind} there"
