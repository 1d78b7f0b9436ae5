-- No order is left out of the revenue or counted twice: by day and currency, exact.
with orders as (
    select order_date, currency, count(*) as order_count, {{ sum_money("total_amount") }} as total_amount
    from {{ ref('fct_orders') }}
    where not is_cancelled
    group by order_date, currency
)

select coalesce(orders.order_date, revenue.order_date) as order_date, coalesce(orders.currency, revenue.currency) as currency
from orders
full outer join {{ ref('daily_revenue') }} as revenue
    on revenue.order_date = orders.order_date and revenue.currency = orders.currency
where orders.order_date is null
    or revenue.order_date is null
    or orders.order_count <> revenue.order_count
    or orders.total_amount <> revenue.revenue_amount
