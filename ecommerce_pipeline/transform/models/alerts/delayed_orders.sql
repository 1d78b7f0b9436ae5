{#- Orders that have not arrived within the service level, or arrived after it. -#}
with orders as (
    select fct_orders.*, {{ due_at('placed_at') }} as due_at
    from {{ ref('fct_orders') }} as fct_orders
    where not is_cancelled and not is_refunded
)

select
    orders.order_id,
    orders.customer_id,
    orders.status,
    orders.placed_at,
    orders.due_at,
    orders.first_shipped_at,
    orders.delivered_at,
    orders.total_amount,
    orders.currency,
    case when orders.delivered_at is null then 'still open' else 'delivered late' end as delay_kind,
    {{ days_between('orders.due_at', "coalesce(orders.delivered_at, " ~ present() ~ ")") }} as days_late
from orders
where orders.delivered_at > orders.due_at
    or (orders.delivered_at is null and not orders.is_reported_delivered and {{ present() }} > orders.due_at)
