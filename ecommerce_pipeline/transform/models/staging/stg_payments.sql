{% set raw = source('ecommerce', 'payments') %}
{% set columns = columns_of(raw) %}

select
    {{ as_text('id', columns) }} as payment_id,
    {{ as_text('order_id', columns) }} as order_id,
    {{ as_text('method', columns) }} as payment_method,
    {{ as_text('status', columns) }} as status,
    {{ as_money('amount', columns) }} as amount,
    {{ as_text('currency', columns) }} as currency,
    {{ as_instant('paid_at', columns) }} as paid_at,
    {{ as_instant('created_at', columns) }} as created_at,
    {{ as_instant('updated_at', columns) }} as updated_at,
    {{ as_instant('_loaded_at', columns) }} as loaded_at,
    {{ as_instant('_deleted_at', columns) }} as deleted_at,
    {{ as_instant('_deleted_at', columns) }} is not null as is_deleted
from {{ newest(raw, columns) }} as payments
