select
    customer_id,
    currency,
    count(*) as order_count,
    count(*) > 1 as is_repeat_customer,
    min(order_date) as first_order_date,
    max(order_date) as last_order_date,
    {{ month_of('min(order_date)') }} as cohort_month,
    {{ sum_money("total_amount") }} as revenue_amount,
    {{ mean_money('sum(total_amount)', 'count(*)') }} as mean_order_amount
from {{ ref('fct_orders') }}
where not is_cancelled and customer_id is not null
group by customer_id, currency
