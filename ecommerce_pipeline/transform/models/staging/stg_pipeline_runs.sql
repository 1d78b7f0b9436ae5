{% set raw = source('ecommerce', 'pipeline_runs') %}
{% set columns = columns_of(raw) %}

select
    {{ as_text('run_id', columns) }} as run_id,
    {{ as_text('resource', columns) }} as resource,
    {{ as_text('shop', columns) }} as shop,
    {{ as_text('state', columns) }} as state,
    {{ as_instant('started_at', columns) }} as started_at,
    {{ as_instant('finished_at', columns) }} as finished_at,
    {{ as_count('pages', columns) }} as pages,
    {{ as_count('fetched', columns) }} as fetched,
    {{ as_count('loaded', columns) }} as loaded,
    {{ as_count('rejected', columns) }} as rejected,
    {{ as_count('repeated', columns) }} as repeated,
    {{ as_count('deleted', columns) }} as deleted,
    {{ as_count('retries', columns) }} as retries,
    {{ as_seconds('extract_seconds', columns) }} as extract_seconds,
    {{ as_instant('cursor_before', columns) }} as cursor_before,
    {{ as_instant('cursor_after', columns) }} as cursor_after
from {{ newest(raw, columns, key='run_id, resource') }} as runs
