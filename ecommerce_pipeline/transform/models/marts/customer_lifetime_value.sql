{#- Revenue by currency; when a customer came first, and whether again, does not depend on what was paid in. -#}
with orders as (
    select * from {{ ref('fct_orders') }} where not is_cancelled and customer_id is not null
),

customers as (
    select customer_id, min(order_date) as first_order_date, max(order_date) as last_order_date, count(*) as order_count
    from orders
    group by customer_id
)

select
    orders.customer_id,
    orders.currency,
    count(*) as order_count,
    min(customers.order_count) > 1 as is_repeat_customer,
    min(customers.first_order_date) as first_order_date,
    min(customers.last_order_date) as last_order_date,
    {{ month_of('min(customers.first_order_date)') }} as cohort_month,
    {{ sum_money('orders.total_amount') }} as revenue_amount,
    {{ mean_money('sum(orders.total_amount)', 'count(*)') }} as mean_order_amount
from orders
inner join customers on customers.customer_id = orders.customer_id
group by orders.customer_id, orders.currency
