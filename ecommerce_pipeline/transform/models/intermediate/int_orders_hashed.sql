{% set columns = [
    'order_id', 'customer_id', 'status', 'currency', 'placed_at', 'order_date', 'is_cancelled', 'is_refunded',
    'subtotal_amount', 'discount_amount', 'tax_amount', 'shipping_amount', 'refunded_amount', 'total_amount',
    'line_count', 'unit_count', 'lines_amount', 'payment_count', 'captured_payment_count', 'captured_amount',
    'returned_amount', 'payment_currency_count', 'payment_currency', 'first_paid_at', 'delivery_count',
    'first_shipped_at', 'delivered_at', 'is_reported_delivered', 'promised_at', 'shipping_city', 'shipping_country',
    'created_at', 'updated_at',
] %}

select
    {{ columns | join(',\n    ') }},
    {{ row_hash(columns) }} as row_hash
from {{ ref('int_orders_measured') }}
