select
    order_date,
    currency,
    count(*) as order_count,
    {{ sum_money("unit_count") }} as unit_count,
    {{ sum_money("lines_amount") }} as lines_amount,
    {{ sum_money("discount_amount") }} as discount_amount,
    {{ sum_money("tax_amount") }} as tax_amount,
    {{ sum_money("shipping_amount") }} as shipping_amount,
    {{ sum_money("refunded_amount") }} as refunded_amount,
    {{ sum_money("total_amount") }} as revenue_amount
from {{ ref('fct_orders') }}
where not is_cancelled
group by order_date, currency
