"""Where Dagster begins: `dg dev`, `make dagster`."""

from __future__ import annotations

from pathlib import Path

from dagster import Definitions, definitions, in_process_executor, load_from_defs_folder


@definitions
def defs() -> Definitions:
    """All that stands in the folder `defs`. Steps of a run share a process: they follow one upon the other, and each
    would import all of this anew.
    """
    found = load_from_defs_folder(path_within_project=Path(__file__).parent)
    return Definitions.merge(found, Definitions(executor=in_process_executor))
