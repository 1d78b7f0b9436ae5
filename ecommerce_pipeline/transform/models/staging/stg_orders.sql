{% set raw = source('ecommerce', 'orders') %}
{% set columns = columns_of(raw) %}

select
    {{ as_text('id', columns) }} as order_id,
    {{ as_text('customer_id', columns) }} as customer_id,
    {{ as_text('status', columns) }} as status,
    {{ as_text('currency', columns) }} as currency,
    coalesce(
        {{ as_instant('placed_at', columns) }},
        {{ as_instant('created_at', columns) }},
        {{ as_instant('updated_at', columns) }}
    ) as placed_at,
    {{ as_money('subtotal_amount', columns) }} as subtotal_amount,
    coalesce({{ as_money('discount_amount', columns) }}, 0) as discount_amount,
    coalesce({{ as_money('tax_amount', columns) }}, 0) as tax_amount,
    coalesce({{ as_money('shipping_amount', columns) }}, 0) as shipping_amount,
    coalesce({{ as_money('refunded_amount', columns) }}, 0) as refunded_amount,
    {{ as_money('total_amount', columns) }} as total_amount,
    {{ as_text('shipping_address__city', columns) }} as shipping_city,
    {{ as_text('shipping_address__country', columns) }} as shipping_country,
    {{ as_instant('created_at', columns) }} as created_at,
    {{ as_instant('updated_at', columns) }} as updated_at,
    {{ as_instant('_loaded_at', columns) }} as loaded_at,
    {{ as_instant('_deleted_at', columns) }} as deleted_at,
    {{ as_instant('_deleted_at', columns) }} is not null as is_deleted,
    {{ as_text('_dlt_id', columns) }} as row_id
from {{ newest(raw, columns) }} as orders
