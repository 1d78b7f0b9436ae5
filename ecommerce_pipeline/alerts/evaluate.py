"""Everything that is looked at."""

from __future__ import annotations

from datetime import datetime

import dlt

from ecommerce_pipeline.alerts.event import Finding
from ecommerce_pipeline.alerts.late_orders import late_orders
from ecommerce_pipeline.alerts.lists import rejected_lists, stale_lists
from ecommerce_pipeline.alerts.work import failed_builds, failed_checks


def evaluate(pipeline: dlt.Pipeline, schema: str, stale_after_hours: float, now: datetime) -> list[Finding]:
    """What the warehouse tells; a kind that cannot be judged, because its table or view is not there, is left out.

    Args:
        pipeline: knows the warehouse.
        schema: of the models' alerts.
        stale_after_hours: how long a list may stay away.
        now: the present instant, UTC.
    """
    return [
        *failed_builds(pipeline),
        *failed_checks(pipeline),
        *stale_lists(pipeline, schema, stale_after_hours, now),
        *rejected_lists(pipeline, schema),
        *late_orders(pipeline, schema, now),
    ]
