{% set raw = source('ecommerce', 'products') %}
{% set columns = columns_of(raw) %}

select
    {{ as_text('id', columns) }} as product_id,
    {{ as_text('sku', columns) }} as sku,
    {{ as_text('name', columns) }} as product_name,
    {{ as_text('category', columns) }} as category,
    {{ as_money('price', columns) }} as price,
    {{ as_text('currency', columns) }} as currency,
    {{ as_text('status', columns) }} as status,
    {{ as_instant('created_at', columns) }} as created_at,
    {{ as_instant('updated_at', columns) }} as updated_at,
    {{ as_instant('_loaded_at', columns) }} as loaded_at,
    {{ as_instant('_deleted_at', columns) }} as deleted_at,
    {{ as_instant('_deleted_at', columns) }} is not null as is_deleted
from {{ newest(raw, columns) }} as products
