"""The models' documentation with their lineage, as one page that needs no server."""

from __future__ import annotations

import shutil
from pathlib import Path

from ecommerce_pipeline.load.destination import destination_type, open_destination, open_pipeline
from ecommerce_pipeline.load.failures import FailuresNamed
from ecommerce_pipeline.load.lock import only_run
from ecommerce_pipeline.load.patience import wait_until_free
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.transform.build import told_to_models
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
    command = dbt_command(destination_type(), settings)
    open_destination()
    pipeline = open_pipeline()
    folder = Path(pipeline.pipelines_dir) / f"{pipeline.pipeline_name}.models"
    dbt = Dbt(command, folder, variables(pipeline, settings))
    clocks = Clocks()
    with FailuresNamed(), only_run(Path(pipeline.pipelines_dir), pipeline.pipeline_name, clocks.now()):
        wait_until_free(pipeline, settings.destination_wait_seconds, clocks.sleep)
        written = dbt.document(told_to_models(settings))
    page.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(written, page)
