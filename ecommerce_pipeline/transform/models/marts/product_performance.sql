select
    items.product_id,
    items.currency,
    min(products.sku) as sku,
    min(products.product_name) as product_name,
    min(products.category) as category,
    count(distinct items.order_id) as order_count,
    count(*) as line_count,
    {{ sum_money("items.quantity") }} as unit_count,
    {{ sum_money("items.discount_amount") }} as discount_amount,
    {{ sum_money("items.line_amount") }} as revenue_amount,
    min(items.order_date) as first_sold_on,
    max(items.order_date) as last_sold_on
from {{ ref('fct_order_items') }} as items
left join {{ ref('dim_product') }} as products on products.product_id = items.product_id
where items.is_order_known and not items.is_cancelled and items.product_id is not null
group by items.product_id, items.currency
