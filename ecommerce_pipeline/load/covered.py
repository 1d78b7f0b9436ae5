"""Up to which load the work is done that follows a load."""

from __future__ import annotations

import json
from pathlib import Path

import dlt

MODELS, FAILED_MODELS, CHECKS = "models", "failed-models", "checks"
"""Work that follows a load."""


class Covered:
    """A note beside the working folder, so that a run that brings nothing new has not to ask the warehouse what is left
    to do: on Snowflake the question would wake it.

    Args:
        pipeline: has the working folder.
        work: names the note, for example `models`.
    """

    def __init__(self, pipeline: dlt.Pipeline, work: str) -> None:
        self._pipeline = pipeline
        self._file = Path(pipeline.pipelines_dir) / f"{pipeline.pipeline_name}.{work}.json"

    def says(self, definition: str = "") -> bool:
        """Whether the work, by its present definition, is done for all that this folder has loaded."""
        try:
            return self._file.read_text("utf-8") == self._text(definition)
        except OSError:
            return False

    def write(self, definition: str = "") -> None:
        """It is."""
        self._file.write_text(self._text(definition), "utf-8")

    def forget(self) -> None:
        """It is not any more: rows were changed beside a load."""
        self._file.unlink(missing_ok=True)

    def _text(self, definition: str) -> str:
        completed = self._pipeline.list_completed_load_packages()
        return json.dumps({"definition": definition, "last_load_id": max(completed, default="")})
