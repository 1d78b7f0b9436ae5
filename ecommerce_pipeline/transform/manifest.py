"""What dbt knows of the project: models, what they are made of, their tests. Read once for each state of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlt.common.pipeline import get_dlt_pipelines_dir
from filelock import FileLock

from ecommerce_pipeline.load.destination import PIPELINE, destination_type
from ecommerce_pipeline.load.whole_files import read_json, write_json
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.transform.build import told_to_models
from ecommerce_pipeline.transform.changes import definition
from ecommerce_pipeline.transform.child import Dbt
from ecommerce_pipeline.transform.environment import dbt_command


def manifest(settings: Settings) -> dict[str, Any]:
    """The manifest; no warehouse is asked for it (https://docs.getdbt.com/reference/artifacts/manifest-json).

    Args:
        settings: what models are told, and for which warehouse.

    Raises:
        SettingError: there is no dbt for the warehouse.
        ModelsFailed: dbt could not read the models.
    """
    told, target = told_to_models(settings), {"ECOMMERCE_TARGET": destination_type()}
    command = dbt_command(settings)
    wanted = f"{definition(told, target)} {command} {command.stat().st_mtime_ns}"
    folder = Path(get_dlt_pipelines_dir()) / f"{PIPELINE}.manifest"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "kept.json"
    with FileLock(folder / "kept.lock"):
        kept = read_json(file)
        if kept.get("definition") != wanted:
            kept = {"definition": wanted, "manifest": read_json(Dbt(command, folder, target).parse(told))}
            write_json(file, kept)
    found: dict[str, Any] = kept["manifest"]
    return found
