"""Where dbt builds: where the rows are loaded, by variables that `profiles.yml` reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dlt

from ecommerce_pipeline.load.destination import destination_type
from ecommerce_pipeline.settings import Settings


def variables(pipeline: dlt.Pipeline, settings: Settings) -> dict[str, str]:
    """The variables of one build.

    Args:
        pipeline: knows the warehouse and has its credentials.
        settings: name the schema of the models.

    Returns:
        name -> value; secrets among them, whose names begin with `DBT_ENV_SECRET_` so that dbt hides their values.
    """
    kind = destination_type()
    client: Any = pipeline.destination_client()
    found = {
        "TARGET": kind,
        "RAW_SCHEMA": client.sql_client.dataset_name,
        "SCHEMA": settings.models_schema,
        **OF_KIND[kind](client.config.credentials),
    }
    given = {name: str(value) for name, value in found.items() if value}
    return {name if name.startswith("DBT_") else f"ECOMMERCE_{name}": value for name, value in given.items()}


def _duckdb(credentials: Any) -> Mapping[str, Any]:
    return {"DATABASE": credentials.database}


def _server(credentials: Any) -> Mapping[str, Any]:
    query = credentials.query or {}
    return {
        "HOST": credentials.host,
        "PORT": credentials.port,
        "USER": credentials.username,
        "DBT_ENV_SECRET_PASSWORD": credentials.password,
        "DATABASE": credentials.database,
        **{name.upper(): query.get(name) for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")},
    }


def _snowflake(credentials: Any) -> Mapping[str, Any]:
    query = {str(name).lower(): value for name, value in (credentials.query or {}).items()}
    return {
        "ACCOUNT": credentials.host,
        "HOST": query.get("host"),
        "PORT": query.get("port"),
        "PROTOCOL": query.get("protocol"),
        "USER": credentials.username,
        "DBT_ENV_SECRET_PASSWORD": credentials.password,
        "DBT_ENV_SECRET_TOKEN": credentials.token,
        "AUTHENTICATOR": credentials.authenticator,
        "DBT_ENV_SECRET_PRIVATE_KEY": credentials.private_key,
        "DBT_ENV_SECRET_PRIVATE_KEY_PASSPHRASE": credentials.private_key_passphrase,
        "ROLE": credentials.role,
        "WAREHOUSE": credentials.warehouse,
        "DATABASE": credentials.database,
    }


OF_KIND: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "duckdb": _duckdb,
    "postgres": _server,
    "redshift": _server,
    "snowflake": _snowflake,
}
"""Warehouses for which there are models."""
