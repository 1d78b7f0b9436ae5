{% set columns = [
    'order_item_id', 'order_id', 'is_order_known', 'is_cancelled', 'order_status', 'order_date', 'placed_at',
    'currency', 'customer_id', 'customer_country', 'customer_city', 'product_id', 'sku', 'product_name', 'category',
    'quantity', 'unit_price', 'discount_amount', 'line_amount', 'created_at', 'updated_at',
] %}

select
    {{ columns | join(',\n    ') }},
    {{ row_hash(columns) }} as row_hash
from {{ ref('int_order_items_enriched') }}
