-- Every customer with an order is in one cohort per currency, with all revenue.
with cohorts as (
    select currency, sum(customer_count) as customer_count, {{ sum_money("revenue_amount") }} as revenue_amount
    from {{ ref('customer_cohorts') }}
    group by currency
),

orders as (
    select currency, count(distinct customer_id) as customer_count, {{ sum_money("total_amount") }} as revenue_amount
    from {{ ref('fct_orders') }}
    where not is_cancelled and customer_id is not null
    group by currency
)

select orders.currency
from orders
full outer join cohorts on cohorts.currency = orders.currency
where orders.currency is null
    or cohorts.currency is null
    or orders.customer_count <> cohorts.customer_count
    or orders.revenue_amount <> cohorts.revenue_amount
