{% set raw = source('ecommerce', 'deliveries') %}
{% set columns = columns_of(raw) %}

select
    {{ as_text('id', columns) }} as delivery_id,
    {{ as_text('order_id', columns) }} as order_id,
    {{ as_text('carrier', columns) }} as carrier,
    {{ as_text('tracking_number', columns) }} as tracking_number,
    {{ as_text('status', columns) }} as status,
    {{ as_instant('shipped_at', columns) }} as shipped_at,
    {{ as_instant('delivered_at', columns) }} as delivered_at,
    {{ as_instant('promised_at', columns) }} as promised_at,
    {{ as_instant('created_at', columns) }} as created_at,
    {{ as_instant('updated_at', columns) }} as updated_at,
    {{ as_instant('_loaded_at', columns) }} as loaded_at,
    {{ as_instant('_deleted_at', columns) }} as deleted_at,
    {{ as_instant('_deleted_at', columns) }} is not null as is_deleted
from {{ newest(raw, columns) }} as deliveries
