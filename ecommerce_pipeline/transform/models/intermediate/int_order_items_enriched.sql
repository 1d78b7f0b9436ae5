{#- Lines with their order, customer and product. A line whose order is not there (the shop has none, or it broke the
    contract) is kept and says so. -#}
select
    items.order_item_id,
    items.order_id,
    orders.order_id is not null as is_order_known,
    coalesce(orders.is_cancelled, false) as is_cancelled,
    orders.status as order_status,
    orders.order_date,
    orders.placed_at,
    orders.currency,
    orders.customer_id,
    customers.country as customer_country,
    customers.city as customer_city,
    items.product_id,
    products.sku,
    products.product_name,
    products.category,
    items.quantity,
    items.unit_price,
    items.discount_amount,
    items.line_amount,
    items.created_at,
    items.updated_at
from {{ ref('stg_order_items') }} as items
left join {{ ref('int_orders_measured') }} as orders on orders.order_id = items.order_id
left join {{ ref('stg_customers') }} as customers on customers.customer_id = orders.customer_id
left join {{ ref('stg_products') }} as products on products.product_id = items.product_id
where not items.is_deleted
