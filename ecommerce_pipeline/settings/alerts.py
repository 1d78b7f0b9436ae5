"""What the alerts may be told."""

from __future__ import annotations

from dataclasses import dataclass

from ecommerce_pipeline.settings.field import setting


@dataclass(frozen=True)
class AlertSettings:
    """What a person may set of the alerts."""

    alert_channels: str | None = setting(
        None,
        "Where alerts go: addresses of mail, Slack, Teams and others, separated by commas or blanks.",
        secret=True,
    )
