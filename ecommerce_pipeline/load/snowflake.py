"""dlt's Snowflake destination, with merges that leave the old rows or the new ones whatever statement fails."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from dlt.common.destination import DestinationCapabilitiesContext, PreparedTableSchema
from dlt.common.destination.client import FollowupJobRequest
from dlt.common.schema import Schema
from dlt.destinations import snowflake as dlt_snowflake
from dlt.destinations.impl.snowflake.configuration import SnowflakeClientConfiguration
from dlt.destinations.impl.snowflake.snowflake import SnowflakeClient, SnowflakeMergeJob

QUIET: dict[str, Any] = {
    "session_parameters": {"CLIENT_TELEMETRY_ENABLED": False},
    # Otherwise the connector asks at each logout for queries that it never sent, and warns that it will not for ever.
    "enable_server_session_keep_alive_auto_detection": False,
}
"""The connector reports nothing to its makers and looks for no cloud that it may run in, unless credentials say so."""

TEMPORARY = "CREATE TEMPORARY TABLE"


class AtomicMerge(SnowflakeMergeJob):
    """A merge in one transaction."""

    @classmethod
    def gen_merge_sql(cls, table_chain: Sequence[PreparedTableSchema], sql_client: Any) -> list[str]:
        """The statements, those first that make temporary tables: each of them commits what came before it, and dlt
        deletes rows before the last one (https://docs.snowflake.com/en/sql-reference/transactions, "DDL"). What they
        select does not depend on what is deleted.
        """
        statements = super().gen_merge_sql(table_chain, sql_client)
        return sorted(statements, key=lambda statement: not statement.lstrip().startswith(TEMPORARY))


class AtomicClient(SnowflakeClient):
    """Loads as dlt does, merges in one transaction and clusters a table once."""

    def __init__(
        self,
        schema: Schema,
        config: SnowflakeClientConfiguration,
        capabilities: DestinationCapabilitiesContext,
    ) -> None:
        os.environ.setdefault("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
        # The key of this path has been read, and the connector refuses the name.
        config.credentials.private_key_path = None
        query = config.credentials.query or {}
        given = {name: value for name, value in query.items() if name != "private_key_path"}
        config.credentials.query = {**QUIET, **given}
        super().__init__(schema, config, capabilities)

    def tables(self) -> frozenset[str]:
        """The tables of the dataset. `SHOW` is answered from metadata, a query on INFORMATION_SCHEMA would wake the
        warehouse (https://docs.snowflake.com/en/sql-reference/sql/show).
        """
        dataset = self.sql_client.fully_qualified_dataset_name()
        with self.sql_client.execute_query(f"SHOW TERSE TABLES IN SCHEMA {dataset}") as cursor:
            names = [column[0].lower() for column in cursor.description]
            found = cursor.fetchall()
        return frozenset(row[names.index("name")].lower() for row in found)

    def _create_merge_followup_jobs(
        self, table_chain: Sequence[PreparedTableSchema]
    ) -> list[FollowupJobRequest]:
        return [AtomicMerge.from_table_chain(table_chain, self.sql_client)]

    def _add_cluster_sql(self, sql: list[str], table_name: str, generate_alter: bool) -> list[str]:
        """The clustering key is declared with the table, and for no staged copy of it. dlt would declare it again with
        each new column, or drop the one that somebody has chosen since.
        """
        if generate_alter or self.sql_client.is_staging_dataset_active:
            return sql
        return super()._add_cluster_sql(sql, table_name, generate_alter)


class snowflake(dlt_snowflake):  # noqa: N801  # destinations are called as they are configured
    """The destination `snowflake`; dlt's state and commands know it under that name."""

    destination_type = "dlt.destinations.snowflake"

    @property
    def client_class(self) -> type[SnowflakeClient]:
        """Speaks to the warehouse."""
        return AtomicClient
