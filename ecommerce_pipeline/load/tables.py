"""The tables that the warehouse really has; dlt trusts its schema and never looks again."""

from __future__ import annotations

import logging
from typing import Protocol, runtime_checkable

import dlt
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.schema.utils import get_root_table
from dlt.destinations.job_client_impl import SqlJobClientBase

from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.source import BOOKKEEPING_TABLES


@runtime_checkable
class ListsTables(Protocol):
    """A client that can tell which tables there are without a query on them."""

    def tables(self) -> frozenset[str]:
        """Their names in the schema's form."""


logger = logging.getLogger(__name__)


def restore_own_tables(pipeline: dlt.Pipeline) -> None:
    """Let dlt make its own tables again where somebody dropped one.

    It makes them only together with a schema that the warehouse does not know, and what it knows stands in
    `_dlt_version`: without that table it looks at everything anew.
    """
    with pipeline.destination_client() as client:
        if not isinstance(client, SqlJobClientBase):
            return
        schema = client.schema
        names = [schema.version_table_name, schema.loads_table_name, schema.state_table_name]
        found = standing(client, names)
        if schema.version_table_name in found and len(found) < len(names):
            missing = ", ".join(name for name in names if name not in found)
            logger.warning("missing in the warehouse: %s; dlt makes it again", missing)
            client.sql_client.drop_tables(schema.version_table_name)


class Tables:
    """Compares the schema's tables with the warehouse, once.

    Attributes:
        missing: tables that were loaded once and that somebody has dropped.
    """

    def __init__(self, pipeline: dlt.Pipeline) -> None:
        self._roots: dict[str, str] = {}
        if pipeline.default_schema_name:
            schema = pipeline.default_schema
            for table in schema.data_tables(seen_data_only=True):
                self._roots[table["name"]] = get_root_table(schema.tables, table["name"])["name"]
        self.missing = _missing(pipeline, list(self._roots))

    def to_read_anew(self, resources: tuple[str, ...]) -> tuple[str, ...]:
        """The resources whose tables somebody dropped. Their cursors are past rows that are gone.

        Args:
            resources: those that this run reads.

        Raises:
            SettingError: the quarantine or the account is gone, and this run does not read everything.
        """
        gone = {self._roots[table] for table in self.missing}
        if gone.intersection(BOOKKEEPING_TABLES):
            # Known records are not sent to the quarantine again: only a complete reading fills it.
            anew = tuple(resources) + BOOKKEEPING_TABLES
            if not set(self._roots.values()) <= set(anew):
                raise SettingError(
                    f"The table {', '.join(sorted(self.missing))} is missing in the warehouse; only a run of all"
                    " resources can restore it. Run without --resources."
                )
        else:
            anew = tuple(name for name in resources if name in gone)
        if anew:
            missing = ", ".join(sorted(self.missing))
            logger.warning(
                "missing in the warehouse: %s; reads from the beginning: %s", missing, ", ".join(anew)
            )
        return anew

    def kept(self, anew: tuple[str, ...]) -> frozenset[str]:
        """The tables that stand and are not read anew."""
        return frozenset(name for name, root in self._roots.items() if root not in anew) - self.missing


def _missing(pipeline: dlt.Pipeline, names: list[str]) -> frozenset[str]:
    if not names:
        return frozenset()
    with pipeline.destination_client() as client:
        if not isinstance(client, SqlJobClientBase | ListsTables):
            return frozenset()
        return frozenset(names) - standing(client, names)


def standing(client: SqlJobClientBase | ListsTables, names: list[str]) -> frozenset[str]:
    """Those of some tables that are in the warehouse; none where the dataset is not."""
    try:
        if isinstance(client, ListsTables):
            return client.tables() & frozenset(names)
        return frozenset(name for name, columns in client.get_storage_tables(names) if columns)
    except DestinationUndefinedEntity:
        return frozenset()
