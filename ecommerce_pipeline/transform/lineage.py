"""The models' documentation with their lineage, as one page that needs no server."""

from __future__ import annotations

import shutil
from pathlib import Path

from ecommerce_pipeline.load.alone import alone_in_warehouse
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.transform.build import told_to_models, working_folder
from ecommerce_pipeline.transform.child import Dbt
from ecommerce_pipeline.transform.environment import dbt_command
from ecommerce_pipeline.transform.profile import variables


def write_lineage(settings: Settings, page: Path) -> None:
    """Write the page.

    Args:
        settings: where the models are.
        page: the file; its folder is made.

    Raises:
        SettingError: there is no dbt for the warehouse.
        ModelsFailed: dbt could not read the models or the warehouse.
    """
    command = dbt_command(settings)
    with alone_in_warehouse(settings, Clocks()) as pipeline:
        dbt = Dbt(command, working_folder(pipeline), variables(pipeline, settings))
        written = dbt.document(told_to_models(settings))
    page.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(written, page)
