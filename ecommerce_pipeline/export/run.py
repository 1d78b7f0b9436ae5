"""One export: the partitions that changed since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast, get_args

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.export.files import Format, TableFiles
from ecommerce_pipeline.export.rows import Models, Partition
from ecommerce_pipeline.export.tables import TABLES, ExportedTable
from ecommerce_pipeline.load.alone import alone_in_warehouse
from ecommerce_pipeline.load.connection import kept_open
from ecommerce_pipeline.load.destination import is_lake
from ecommerce_pipeline.settings import Settings
from ecommerce_pipeline.shop.client import Clocks
from ecommerce_pipeline.transform.child import Told


@dataclass(frozen=True)
class Exported:
    """What became of one table.

    Attributes:
        table: its name.
        partitions: how many days it has.
        written: how many of them were written now.
        removed: how many files were deleted.
        rows: how many rows were written.
    """

    table: str
    partitions: int
    written: int
    removed: int
    rows: int


def export(
    settings: Settings,
    since: date | None = None,
    clocks: Clocks | None = None,
    told: Told = lambda what: None,
) -> list[Exported]:
    """Write the partitions that changed, were deleted or were damaged since the last export.

    Args:
        settings: where to, and in which format.
        since: only days from this one on; None for all.
        clocks: time.
        told: gets what is being written.

    Raises:
        SettingError: the models were not built yet, or the address or format cannot be used.
        DestinationFailed: the warehouse is open elsewhere, or a file cannot be written.
    """
    clocks = clocks or Clocks()
    files = [TableFiles(settings.export_address, table.name, _format(settings)) for table in TABLES]
    if is_lake():
        raise SettingError(
            "`export` needs a warehouse with models; a lake keeps files itself, see docs/lake.md."
        )
    with alone_in_warehouse(settings, clocks) as pipeline, kept_open():
        models = Models(pipeline, settings.models_schema)
        partitions = models.partitions()
        return [
            _exported(models, table, partitions.get(table.name, []), written, since, told)
            for table, written in zip(TABLES, files, strict=True)
        ]


def _exported(
    models: Models,
    table: ExportedTable,
    partitions: list[Partition],
    files: TableFiles,
    since: date | None,
    told: Told,
) -> Exported:
    wanted = [item for item in partitions if since is None or (item.day and item.day >= since)]
    changed = files.differing(wanted)
    written = 0
    for partition, rows in models.rows(table, changed):
        told(f"{table.name} {partition.day or 'without a day'}")
        files.write(partition, rows)
        written += rows.num_rows
    gone = files.gone(partitions, since)
    files.remove(gone)
    files.note()
    return Exported(table.name, len(wanted), len(changed), len(gone), written)


def _format(settings: Settings) -> Format:
    if settings.export_format not in get_args(Format):
        raise SettingError(
            f"`sources.ecommerce.export_format` is {settings.export_format!r}, expected one of"
            f" {', '.join(get_args(Format))}."
        )
    return cast(Format, settings.export_format)
