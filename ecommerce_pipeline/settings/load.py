"""What a load may be told."""

from __future__ import annotations

from dataclasses import dataclass

from ecommerce_pipeline.settings.field import CENTURY_DAYS, DAY_SECONDS, YEAR_SECONDS, setting


@dataclass(frozen=True)
class LoadSettings:
    """What a person may set under `[sources.ecommerce]`. Times are seconds, instants UTC."""

    shop: str = setting("demo", "Name of a shop profile that ships with the pipeline, or the path of one.")
    shop_base_url: str | None = setting(None, "The API's base address, where it differs from the profile's.")
    shop_token: str | None = setting(None, "Bearer token.", secret=True)
    shop_api_key: str | None = setting(None, "API key that is sent in a header.", secret=True)
    shop_username: str | None = setting(None, "User of basic authentication.", secret=True)
    shop_password: str | None = setting(None, "Password of basic authentication.", secret=True)
    shop_client_id: str | None = setting(None, "OAuth2 client id.", secret=True)
    shop_client_secret: str | None = setting(None, "OAuth2 client secret.", secret=True)
    page_size: int | None = setting(None, "Rows per page, where it differs from the profile's.", least=1)
    connect_timeout_seconds: float = setting(
        10.0, "How long to wait for a connection.", least=0.001, most=DAY_SECONDS
    )
    read_timeout_seconds: float = setting(
        60.0, "How long to wait for the next bytes of an answer.", least=0.001, most=DAY_SECONDS
    )
    response_max_seconds: float = setting(
        300.0, "How long one answer may take to its last byte.", least=0.001, most=DAY_SECONDS
    )
    response_max_bytes: int = setting(
        64 * 1024 * 1024, "How many bytes one answer may have, decompressed.", least=1024, most=10**12
    )
    list_max_pages: int = setting(
        1_000_000, "After how many pages of one list a run gives up.", least=1, most=10**9
    )
    connections: int = setting(
        16, "How many requests may be under way at once, 1 for one after the other.", least=1, most=256
    )
    request_attempts: int = setting(
        6, "How often one request is tried in all before the run fails.", least=1, most=1000
    )
    backoff_seconds: float = setting(
        0.5, "First pause before a retry; doubles each time, with jitter.", most=DAY_SECONDS
    )
    backoff_max_seconds: float = setting(30.0, "Longest pause of our own before a retry.", most=DAY_SECONDS)
    retry_after_max_seconds: float = setting(
        300.0,
        "Longest pause that the shop may ask for; if it asks for more, the run fails and says so.",
        most=YEAR_SECONDS,
    )
    window_attempts: int = setting(
        5, "How often a window of the cursor is read in all when it moved.", least=2, most=1000
    )
    safety_lag_seconds: float | None = setting(
        None,
        "How far behind the shop's clock the cursor stays, where it differs from the profile's.",
        most=YEAR_SECONDS,
    )
    columnar: bool = setting(
        True,
        "Hand pages over as columns where they fit; false takes the way of single records, which is slower.",
    )
    checkpoint_rows: int = setting(
        250_000,
        "How many rows are fetched before they are committed and the run goes on.",
        least=1,
        most=10**9,
    )
    checkpoint_bytes: int = setting(
        128 * 1024 * 1024, "The same by bytes of fetched pages.", least=1024, most=10**12
    )
    checkpoint_seconds: float = setting(
        300.0, "The same by time, whichever comes first.", least=0.001, most=YEAR_SECONDS
    )
    destination_wait_seconds: float = setting(
        60.0, "How long to wait for a DuckDB file that is open elsewhere.", most=DAY_SECONDS
    )
    sweep_max_share: float = setting(
        0.1, "Which part of a table a sweep may mark as deleted without --force.", most=1
    )
    sweep_min_rows: int = setting(20, "So many rows of a table a sweep may mark in any case.")
    archive: bool = setting(True, "Keep every page as it came.")
    archive_address: str | None = setting(
        None,
        "Where pages are kept: a folder, or gs://, s3://, ...; by default data/archive, or raw/ in the lake.",
    )
    archive_retention_days: int = setting(
        30, "Days after which archived pages are deleted; 0 keeps them.", most=CENTURY_DAYS
    )
    lake_tables: str = setting(
        "parquet",
        "What the tables of a lake are: parquet, to which versions are added, or delta, which merge.",
        among=("parquet", "delta"),
    )
    personal_hashed: str | None = setting(
        None, "Columns of persons that are hashed, as resource.field, separated by commas."
    )
    personal_dropped: str | None = setting(None, "Columns of persons that are dropped, written likewise.")
    personal_salt: str | None = setting(
        None, "What personal values are hashed with, at least 16 characters.", secret=True
    )
    demo_folder: str = setting("data", "Where the demo shop remembers when it was opened.")
