{% set raw = source('ecommerce', 'rejected_records') %}
{% set columns = columns_of(raw) %}

select
    {{ as_text('rejected_id', columns) }} as rejected_id,
    {{ as_text('resource', columns) }} as resource,
    {{ as_text('record_key', columns) }} as record_key,
    {{ as_text('rules', columns) }} as rules,
    {{ as_text('reasons', columns) }} as reasons,
    {{ as_text('_run_id', columns) }} as run_id,
    {{ as_instant('_loaded_at', columns) }} as loaded_at
from {{ newest(raw, columns, key='rejected_id') }} as rejected
